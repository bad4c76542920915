"""What the hub's answers mean, as errors of ours.

The hub answers 401 for what is missing, private or gated alike, so that it does not tell which names exist;
the messages say so instead of guessing.
"""

from __future__ import annotations

import errno
from collections.abc import Callable
from typing import TypeVar

from huggingface_hub import errors as hub
from huggingface_hub.errors import (
    DisabledRepoError,
    GatedRepoError,
    HfHubHTTPError,
    HFValidationError,
    LocalEntryNotFoundError,
    OfflineModeIsEnabled,
    RemoteEntryNotFoundError,
    RepositoryNotFoundError,
    RevisionNotFoundError,
)

from stemma.errors import AccessDenied, BadReference, LimitExceeded, ModelNotFound, SourceError, StemmaError
from stemma.weights.http_transfer import Transfer, TransientError, status_problem
from stemma.weights.http_waits import asked_wait

T = TypeVar("T")
# huggingface_hub 1 is built on httpx, 2 on httpx2; whichever it is, its base error is imported there.
_ConnectionTrouble: type[Exception] = hub.HTTPError  # type: ignore[attr-defined]
_TRANSIENT = frozenset({408, 429, 500, 502, 503, 504})
TOKEN_ADVICE = "Ask for access on the model's page, then set HF_TOKEN or run: hf auth login"
PRIVATE_ADVICE = "Check the spelling. If it is private, set HF_TOKEN or run: hf auth login"
NETWORK_ADVICE = (
    "Check the network; set HF_ENDPOINT to a mirror, or HF_HUB_OFFLINE=1 to use what the local cache holds."
)

_Meaning = tuple[type[Exception] | tuple[type[Exception], ...], type[StemmaError], str, str]
# In this order: huggingface_hub derives some of these from others.
_MEANINGS: tuple[_Meaning, ...] = (
    (GatedRepoError, AccessDenied, "is gated, and this token (or none) has no access.", TOKEN_ADVICE),
    (DisabledRepoError, AccessDenied, "was disabled by the hub.", "Nobody can read it there any more."),
    (RevisionNotFoundError, ModelNotFound, "has no such revision.", "Name a branch, tag or commit."),
    (RepositoryNotFoundError, ModelNotFound, "is no model the hub shows: missing, or private.", PRIVATE_ADVICE),
    (RemoteEntryNotFoundError, ModelNotFound, "is nothing the hub knows.", "Check HF_ENDPOINT."),
    ((OfflineModeIsEnabled, LocalEntryNotFoundError), ModelNotFound, "is not in the local cache.", NETWORK_ADVICE),
    (HFValidationError, BadReference, "is no valid name on the hub.", "Write hf:org/name[@revision]."),
)


def ask_hub(transfer: Transfer, what: str, question: Callable[[], T]) -> T:
    """Call huggingface_hub, with retries and our errors. ``what`` names the model in messages.

    Raises:
        ModelNotFound, AccessDenied, RateLimited, SourceError, BadReference.
    """

    def attempt() -> T:
        try:
            return question()
        except _ConnectionTrouble as error:
            wait = _wait(error, transfer.clock.time())
            problem = translate(what, error, wait)
            if isinstance(error, HfHubHTTPError) and status_of(error) not in _TRANSIENT:
                raise problem from error
            cost = 2 if type(error).__name__ == "ConnectError" else 1
            raise TransientError(problem, wait=wait, cost=cost) from error
        except (OfflineModeIsEnabled, HFValidationError, LocalEntryNotFoundError) as error:
            raise translate(what, error, None) from error
        except OSError as error:
            raise _trouble_with_cache(what, error) from error
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            raise SourceError(
                f"{what}: the hub's answer is no model description ({type(error).__name__}).",
                advice="Check HF_ENDPOINT.",
            ) from error

    return transfer.persist(attempt)


def _trouble_with_cache(what: str, error: OSError) -> StemmaError:
    full = error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
    kind = LimitExceeded if full else SourceError
    return kind(
        f"{what} could not be stored in the hub's local cache: {error.strerror or error}.",
        advice="Free some space or set HF_HUB_CACHE to another disk; without download nothing is stored.",
    )


def status_of(error: HfHubHTTPError) -> int:
    """HTTP status of a hub error; 0 where there was no response."""
    return int(getattr(error.response, "status_code", 0) or 0)


def _wait(error: Exception, now: float) -> float | None:
    if isinstance(error, HfHubHTTPError) and error.response is not None:
        return asked_wait(error.response.headers, now)
    return None


def translate(what: str, error: Exception, wait: float | None) -> StemmaError:
    """The error of ours that says what one of huggingface_hub's means."""
    for kind, ours, words, advice in _MEANINGS:
        if isinstance(error, kind):
            return ours(f"{what} {words}", advice=advice)
    if not isinstance(error, HfHubHTTPError):
        said = str(error) or type(error).__name__
        return SourceError(f"{what}: the hub could not be reached ({said}).", advice=NETWORK_ADVICE)
    status = status_of(error)
    if status in (401, 403):
        return AccessDenied(f"{what}: the hub refuses access (HTTP {status}).", advice=TOKEN_ADVICE)
    return status_problem(status, what, wait)
