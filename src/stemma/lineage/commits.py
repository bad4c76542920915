"""Which commits of a repository an advisory is about: OSV ranges of type GIT, as far as they can be told without it.

| the record names | what is said of it |
|---|---|
| a commit that an event ``introduced`` or ``last_affected`` names | affected |
| a commit that an event ``fixed`` or ``limit`` names | not affected |
| anything else, or no commit | affected where the range is ``introduced: 0`` without an end, else undetermined |

Which of two commits came first only the repository knows, and it is not asked: nothing is guessed from dates or names.
Of several ranges one that affects is enough; a record is spared where all of them spare it.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from stemma.advisories import Affected, Commits, repository_of

UNDETERMINED = "undetermined: which commits lie between those that the advisory names only the repository knows"


def ranges_of(entry: Affected, repository: str) -> list[Commits]:
    """The ranges of commits that are told of a repository (``huggingface:org/name``)."""
    return [each for each in entry.commits if repository_of(each.repository) == repository]


def told_of(ranges: Sequence[Commits], commits: Collection[str]) -> str | None:
    """What ranges say of who names these commits: "" affected, None not affected, else why it is undetermined.

    Without any range the whole repository is meant.
    """
    if not ranges:
        return ""
    found = [_told(each, commit) for each in ranges for commit in commits or ("",)]
    if "" in found:
        return ""
    return None if all(each is None for each in found) else UNDETERMINED


def _told(stretch: Commits, commit: str) -> str | None:
    if commit in (*stretch.introduced, *stretch.last_affected):
        return ""
    if commit in (*stretch.fixed, *stretch.limit):
        return None
    ends = (*stretch.fixed, *stretch.last_affected, *stretch.limit)
    return "" if "0" in stretch.introduced and not ends else UNDETERMINED
