"""The exception tree.

```
StemmaError
├── InputError                 what was handed in cannot be used            (exit code 3)
│   ├── BadReference           the string names no model
│   ├── BadVersion             no semantic version, or no range of them
│   ├── ModelNotFound          the reference is well formed, nothing is there
│   ├── AccessDenied           401 or 403: a token is missing or not allowed
│   ├── MalformedFile          the bytes contradict their own format
│   ├── UnsafeFile             the file asks for something Stemma never does
│   ├── UnsupportedFormat      a real format, but not one that can be read
│   ├── IncompatibleFingerprint  a fingerprint of another schema, or a damaged one
│   ├── InvalidRecord          a model record breaks the rules of its language
│   ├── Conflict               something else is there under that name
│   ├── ChangedMeanwhile       what was to be changed is not as it was read
│   ├── InvalidAdvisory        an advisory breaks the rules of its language
│   └── UnresolvedRecord       a record that another needs is missing, or the records run in a circle
├── SourceError                bytes could not be fetched                   (exit code 3)
│   ├── TruncatedSource        fewer bytes than announced
│   ├── SourceChanged          the file vanished or changed while being read
│   ├── RateLimited            429 after all retries
│   └── ForbiddenAddress       an address inside, which a webhook may not lead to
├── RegistryUnavailable        a database did not answer, or has no room     (exit code 3)
└── LimitExceeded              a bound on size, time or memory was hit      (exit code 3)
```

Anything else that escapes is a defect in Stemma (exit code 4).
"""

from __future__ import annotations

from collections.abc import Sequence

from stemma.immutable import immutable


class StemmaError(Exception):
    """An error with what was got, what was expected, and what to do about it.

    ``advice`` is kept apart from the message so that a caller may show either alone.
    """

    def __init__(self, message: str, *, advice: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.advice = advice

    def __str__(self) -> str:
        return f"{self.message} {self.advice}".rstrip()


class InputError(StemmaError):
    """What was handed in cannot be used."""


class BadReference(InputError):
    """The string names no model."""


class BadVersion(InputError):
    """No semantic version, or no range of them."""


class ModelNotFound(InputError):
    """The reference is well formed, but there is nothing at it."""


class AccessDenied(InputError):
    """The hub wants a token, or the token has no access."""


class MalformedFile(InputError):
    """The bytes of a file contradict its own format."""

    def __init__(self, file: str, got: str, expected: str, *, advice: str = "") -> None:
        super().__init__(f"{file}: got {got}, expected {expected}.", advice=advice)
        self.file = file


class UnsafeFile(InputError):
    """The file asks for something that Stemma never does, such as running code."""


class UnsupportedFormat(InputError):
    """A real format, but not one that can be read here."""


class IncompatibleFingerprint(InputError):
    """A fingerprint of another schema, or a damaged one."""


@immutable
class Problem:
    """One thing wrong in a text: where (line and column from 1, 0 where unknown), what was got, what was expected."""

    file: str
    line: int
    column: int
    message: str
    advice: str = ""
    rule: str = ""

    def __str__(self) -> str:
        where = f"{self.file}:{self.line}:{self.column}" if self.line else self.file
        return f"{where}: {self.message} {self.advice}".rstrip()


class InvalidRecord(InputError):
    """A model record breaks the rules of its language; ``problems`` holds every one found, in order of place."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__("\n".join(map(str, problems)))
        self.problems = tuple(problems)


class InvalidAdvisory(InputError):
    """An advisory breaks the rules of its language; ``problems`` holds every one found, in order of place."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__("\n".join(map(str, problems)))
        self.problems = tuple(problems)


class Conflict(InputError):
    """Something else is there under that name."""


class ChangedMeanwhile(InputError):
    """What was to be changed is not as it was read."""


class UnresolvedRecord(InputError):
    """A record that another needs is missing, or records run in a circle; ``path`` leads there by ``name@version``."""

    def __init__(self, message: str, path: Sequence[str], *, advice: str = "") -> None:
        super().__init__(f"{message} ({' -> '.join(path)})", advice=advice)
        self.path = tuple(path)


class SourceError(StemmaError):
    """Bytes could not be fetched."""


class TruncatedSource(SourceError):
    """Fewer bytes came than were announced."""


class SourceChanged(SourceError):
    """The file vanished or changed while it was being read."""


class RateLimited(SourceError):
    """The server asked to slow down, and still did after all retries."""


class ForbiddenAddress(SourceError):
    """The address leads inside, or is none that messages are sent to."""


class RegistryUnavailable(StemmaError):
    """The database of a registry did not answer, or has no room; the same may work later."""


class LimitExceeded(StemmaError):
    """A bound on size, time or memory was hit."""
