"""Webhooks of the Hugging Face hub: the secret is checked, the event is read, nothing in it is believed.

An event only says where to look; what changed is found by looking (:func:`stemma.interop.hub_look.look`), so that a
forged event costs one request and raises nothing.
"""

from __future__ import annotations

import hmac
import json
from typing import Any

from stemma.errors import AccessDenied, InputError, LimitExceeded
from stemma.immutable import immutable
from stemma.interop.cards import hub_name

MAX_BODY = 1_000_000
MAX_REFS = 100
SECRET_HEADER = "x-webhook-secret"


@immutable
class HubEvent:
    """What a hub says happened: ``action`` (create, delete, update, move) to ``scope`` (repo, repo.content, ...).

    ``repositories`` are the models to look at: the one named, and the one it was moved to. ``revisions`` are branches
    and tags that changed; empty where the event names none.
    """

    action: str
    scope: str
    repositories: tuple[str, ...]
    revisions: tuple[str, ...] = ()


def require_secret(given: str | None, expected: str) -> None:
    """Check the secret that came with a request, in a time that says nothing of how much of it was right.

    Raises:
        AccessDenied: it is another, or none; or none is expected, which would let everybody in.
    """
    matches = hmac.compare_digest((given or "").encode("utf-8", "replace"), expected.encode("utf-8", "replace"))
    if not expected or not matches:
        raise AccessDenied("The webhook came without the secret that is expected.", advice="Set it on both sides.")


def read_event(body: bytes) -> HubEvent | None:
    """The event in a request's body; None where it is about no model.

    Raises:
        LimitExceeded: the body is too large.
        InputError: it is no event of a hub.
    """
    if len(body) > MAX_BODY:
        raise LimitExceeded(f"Got an event of {len(body)} bytes, expected at most {MAX_BODY}.")
    try:
        said = json.loads(body)
    except (ValueError, RecursionError):
        said = None
    event, repo = _object(said, "event"), _object(said, "repo")
    action, scope = event.get("action"), event.get("scope")
    if not isinstance(action, str) or not isinstance(scope, str) or not repo:
        raise InputError(
            "Got a body that is no event of a hub.", advice="Expected are event.action, event.scope, repo."
        )
    if repo.get("type") != "model":
        return None
    named = [repo.get("name"), _object(said, "movedTo").get("name"), _object(repo, "movedTo").get("name")]
    names = tuple(dict.fromkeys(name for each in named if isinstance(each, str) and (name := hub_name(each))))
    if not names:
        raise InputError("Got an event that names no model.", advice="Expected is repo.name, such as org/name.")
    return HubEvent(action[:100], scope[:100], names, tuple(dict.fromkeys(_revisions(said))))


def _object(value: Any, key: str) -> dict[str, Any]:
    found = value.get(key) if isinstance(value, dict) else None
    return found if isinstance(found, dict) else {}


def _revisions(said: Any) -> list[str]:
    refs = said.get("updatedRefs") if isinstance(said, dict) else None
    found = []
    for each in refs[:MAX_REFS] if isinstance(refs, list) else ():
        ref = each.get("ref") if isinstance(each, dict) else None
        if isinstance(ref, str) and ref.startswith(("refs/heads/", "refs/tags/")):
            found.append(ref.split("/", 2)[2][:200])
    return found
