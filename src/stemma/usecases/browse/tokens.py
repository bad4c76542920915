"""Tokens by which a server knows who writes: random, kept as digests alone, scoped, expiring, revocable.

They lie in a file beside the server, not in the registry: copies and exports of a registry never hold any.
"""

from __future__ import annotations

import fcntl
import hashlib
import hmac
import json
import os
import secrets
from base64 import urlsafe_b64encode
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, replace
from datetime import datetime, timedelta
from pathlib import Path

from stemma.errors import InputError, StemmaError
from stemma.identity import Missing
from stemma.immutable import immutable
from stemma.lineage import MODEL, name_of

SCHEMA = "stemma.tokens/1"
ENVIRONMENT = "STEMMA_TOKENS"
EVERYTHING = "*"
MAX_DAYS = 3660
UNKNOWN = Missing("the token is none of ours")
SIGN_IN = "sign-in"
_BYTES = 32
_MAX_FILE = 4 << 20
Random = Callable[[int], bytes]


@immutable
class Token:
    """Who may do what, until when. ``digest`` is SHA-256 of the token, which is random and long: no salt is needed.

    ``origin`` says how it came: empty by ``stemma token add``, ``sign-in`` for one that ends with that.
    ``namespaces`` are beginnings of names: ``acme`` covers ``acme`` and ``acme-...``; ``*`` covers everything.
    """

    id: str
    name: str
    digest: str
    writes: bool
    namespaces: tuple[str, ...]
    created: str
    expires: str
    revoked: str = ""
    origin: str = ""

    def covers(self, subject: str) -> bool:
        """Whether a subject (``name@version``, a name, ``model:...``) lies in its namespaces."""
        name = name_of(subject) or subject.removeprefix(MODEL)
        return any(
            space in (EVERYTHING, name) or name.startswith((f"{space}-", f"{space}/")) for space in self.namespaces
        )


def tokens_path(chosen: Path | None) -> Path:
    """The file that was chosen, else the one that STEMMA_TOKENS names, else one among the user's settings."""
    given = chosen or os.environ.get(ENVIRONMENT)
    if given:
        return Path(given)
    home = os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config"
    return Path(home) / "stemma" / "tokens.json"


def read_tokens(path: Path) -> tuple[Token, ...]:
    """All of them; none where there is no file. Raises InputError where it is no such file."""
    try:
        if path.stat().st_size > _MAX_FILE:
            raise InputError(f"{path} is larger than a file of tokens may be.")
        told = json.loads(path.read_text("utf-8"))
        if told["schema"] != SCHEMA:
            raise ValueError(f"its schema is not {SCHEMA}")
        return tuple(Token(**{**each, "namespaces": tuple(each["namespaces"])}) for each in told["tokens"])
    except FileNotFoundError:
        return ()
    except (ValueError, KeyError, TypeError) as error:
        raise InputError(f"{path} holds no tokens: {error}.", advice="Name another with --tokens.") from error
    except OSError as error:
        raise StemmaError(f"{path} could not be read: {error.strerror or error}.") from error


def add_token(
    path: Path,
    name: str,
    *,
    writes: bool,
    namespaces: Sequence[str],
    days: int,
    now: datetime,
    origin: str = "",
    random_bytes: Random = secrets.token_bytes,
) -> tuple[Token, str]:
    """A new token, and the secret that is shown this once.

    Raises:
        InputError: a name, namespace or span of days that cannot be.
    """
    if not name.strip() or len(name) > 80 or not name.isprintable():
        raise InputError(f"Got the name {name[:80]!r}.", advice="Say whose token it is, in at most 80 characters.")
    if not 1 <= days <= MAX_DAYS:
        raise InputError(f"Got {days} days, expected 1 to {MAX_DAYS}.")
    if not namespaces or any(not space or "@" in space for space in namespaces):
        raise InputError("Got no namespace, or one with a version.", advice="Name beginnings of names, or *.")
    identity = random_bytes(4).hex()
    secret = f"stm_{identity}_{urlsafe_b64encode(random_bytes(_BYTES)).decode().rstrip('=')}"
    made = Token(
        identity,
        name.strip(),
        digest_of(secret),
        writes,
        tuple(namespaces),
        _moment(now),
        _moment(now + timedelta(days=days)),
        origin=origin,
    )
    with _changing(path) as held:
        held.append(made)
    return made, secret


def revoke_token(path: Path, identity: str, now: datetime) -> Token:
    """From now on it is refused; raises InputError where there is none of that id."""
    with _changing(path) as held:
        for at, token in enumerate(held):
            if token.id == identity:
                held[at] = replace(token, revoked=token.revoked or _moment(now))
                return held[at]
    raise InputError(f"There is no token {identity[:40]}.", advice="See: stemma token list")


def forget_expired(path: Path, before: datetime) -> None:
    """Take out tokens that expired before a moment."""
    if any(token.expires < _moment(before) for token in read_tokens(path)):
        with _changing(path) as held:
            held[:] = [token for token in held if token.expires >= _moment(before)]


def check_token(tokens: Sequence[Token], secret: str, now: datetime) -> Token | Missing:
    """The token that a secret is; Missing says why it is none that counts."""
    digest, moment, found = digest_of(secret), _moment(now), None
    for token in tokens:
        if hmac.compare_digest(token.digest, digest):
            found = token
    if found is None:
        return UNKNOWN
    if found.revoked:
        return Missing(f"the token was revoked at {found.revoked}")
    return Missing(f"the token expired at {found.expires}") if found.expires <= moment else found


def digest_of(secret: str) -> str:
    """What is kept of a token."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


@contextmanager
def _changing(path: Path) -> Iterator[list[Token]]:
    """The tokens, to change; written whole when the block ends without an error. Other processes wait."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.with_name(f".{path.name}.lock").open("a") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            held = list(read_tokens(path))
            yield held
            _write(path, held)
    except OSError as error:
        raise StemmaError(f"{path} could not be written: {error.strerror or error}.") from error


def _write(path: Path, tokens: Sequence[Token]) -> None:
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
            json.dump({"schema": SCHEMA, "tokens": [asdict(token) for token in tokens]}, stream, indent=1)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def _moment(when: datetime) -> str:
    return when.isoformat(timespec="seconds").replace("+00:00", "Z")
