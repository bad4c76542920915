"""The schema id: it names every parameter that changes a fingerprint, so that two fingerprints with one id compare."""

from __future__ import annotations

from dataclasses import asdict

from stemma.errors import IncompatibleFingerprint
from stemma.immutable import immutable

FORMAT = "stemma.fingerprint/2"


@immutable
class Parameters:
    """What a fingerprint holds, and how much of it.

    ``corner_bytes`` is the budget for all corners of a model, ``corner_limit`` the longest side of one;
    ``exact_rows`` x ``exact_columns`` entries of each are kept to the last bit;
    ``spectrum_layers`` layers, evenly spread (``sampled_spectrum_layers`` of them where only samples are read), get a
    learned part, computed on the leading ``spectrum_side`` x ``spectrum_side`` block of each of their matrices with at
    most ``spectrum_rank`` components; ``anchor_tokens`` rows of the embedding are kept, at most ``anchor_bytes``; the
    ``response_neurons`` leading neurons of ``response_layers`` layers are seen through ``response_tokens`` of them;
    gains of the residual stream are kept whole up to ``gain_limit`` values, other vectors up to ``vector_limit`` values
    or what the gains leave of ``vector_bytes``; ``experts`` experts of a layer get corners; ``sketch`` is the length of
    the search vector.
    """

    corner_bytes: int = 1_900_000
    corner_limit: int = 192
    exact_rows: int = 4
    exact_columns: int = 64
    spectrum_layers: int = 4
    sampled_spectrum_layers: int = 2
    spectrum_side: int = 768
    spectrum_rank: int = 48
    anchor_tokens: int = 512
    anchor_bytes: int = 400_000
    response_tokens: int = 64
    response_neurons: int = 128
    response_layers: int = 4
    gain_limit: int = 16_384
    vector_limit: int = 4096
    vector_bytes: int = 700_000
    experts: int = 2
    sketch: int = 256

    @property
    def schema(self) -> str:
        """For example ``stemma.fingerprint/2;anchor_bytes=400000;...``, keys sorted."""
        return ";".join([FORMAT, *(f"{k}={v}" for k, v in sorted(asdict(self).items()))])


DEFAULT = Parameters()


def require_comparable(a: str, b: str) -> None:
    """Raise IncompatibleFingerprint unless the two schema ids are equal."""
    if a != b:
        raise IncompatibleFingerprint(
            f"The fingerprints follow different schemas: {a} and {b}.",
            advice="Fingerprint both models again with one version of Stemma.",
        )
