"""Write fingerprint files."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path

from stemma.errors import InputError
from stemma.fingerprint import SUFFIX, FilePrint, Fingerprint, save, to_bytes
from stemma.identity import Missing
from stemma.identity.version import VERSION
from stemma.publish.model import FileEntry, FingerprintReport
from stemma.usecases.models import fingerprint
from stemma.usecases.settings import DEFAULT_WORK, Work
from stemma.usecases.summaries import summary_of


def write_fingerprint(
    reference: str, output: Path | None, *, several: bool = False, work: Work = DEFAULT_WORK
) -> FingerprintReport:
    """Fingerprint a model and write the file: at ``output``, in the directory ``output``, or here by the model's name.

    Raises:
        InputError: as for fingerprinting; also where several models would go to one file.
        StemmaError: the file could not be written.
    """
    result = fingerprint(reference, work)
    path = _place(result.fingerprint, output, several)
    save(result.fingerprint, path)
    data = to_bytes(result.fingerprint)
    return FingerprintReport(
        reference,
        summary=summary_of(result.fingerprint),
        output=str(path),
        digest=f"sha256:{sha256(data).hexdigest()}",
        size=len(data),
        schema=result.fingerprint.schema,
        files=tuple(_file_entry(f, result.fingerprint.container) for f in result.fingerprint.files),
        cost=result.cost,
        stemma=VERSION,
    )


def _file_entry(file: FilePrint, container: str) -> FileEntry:
    digest = file.sha256 if isinstance(file.sha256, Missing) else str(file.sha256)
    return FileEntry(file.name, container, file.size, Missing("counted by: stemma inspect"), digest)


def _place(made: Fingerprint, output: Path | None, several: bool) -> Path:
    name = "".join(c if c.isalnum() or c in "._-" else "-" for c in made.label).strip(".-") or "model"
    if output is None:
        return Path(name + SUFFIX)
    if output.is_dir():
        return output / (name + SUFFIX)
    if several:
        raise InputError(
            f"{output} is not a directory, and several fingerprints cannot go to one file.",
            advice="Make the directory first, or fingerprint one model at a time.",
        )
    return output
