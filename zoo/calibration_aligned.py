"""What the closer look measures of twins and derived models, as if they had been rotated."""

from functools import lru_cache
from pathlib import Path

from stemma import Work
from stemma.constitution.closer import ALIGNED_NEARNESS
from stemma.constitution.sharing import MINIMUM_EFFECT, level
from stemma.evidence.aligned.look import look_closer
from stemma.evidence.learned_parts import Overlap
from stemma.identity import Missing, is_present
from stemma.usecases.at_hand import OpenWeights
from stemma.usecases.models import open_model


def aligned_measures(a: Path, b: Path, alpha: float) -> tuple[dict[str, Overlap], dict[str, float], int]:
    """Ratios and nearness by name, and how many views are silent; none where the closer look finds nothing shared."""
    found = look_closer(_opened(a), _opened(b), hardest=True)
    if isinstance(found, Missing) or found.evidence.log10_p is None:
        return {}, {}, 0
    if found.evidence.log10_p >= level(alpha) or found.evidence.effect < MINIMUM_EFFECT:
        return {}, {}, 0
    ratios = {name: o for name, o in found.ratios.overlaps.items() if is_present(o)}
    return ratios, {ALIGNED_NEARNESS: 1 - found.ratios.change}, found.ratios.silent


@lru_cache(maxsize=64)
def _opened(path: Path) -> OpenWeights:
    return OpenWeights(open_model(str(path), Work(cache=None, workers=1)))
