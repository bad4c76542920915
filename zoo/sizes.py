"""The sizes a zoo comes in."""

from dataclasses import dataclass, field

from zoo.architectures import Shape
from zoo.lineage import Split


@dataclass(frozen=True)
class Size:
    """How much of everything: `steps` of pretraining for each architecture, and the text to train on."""

    name: str
    shape: Shape
    steps: dict[str, int]
    batch: int
    corpus_bytes: int
    seeds: tuple[tuple[int, Split], ...]
    members: tuple[str, ...] = ()
    """Names of specimens within a group, where not all of them are made."""
    batches: dict[str, int] = field(default_factory=dict)
    """Architectures whose batch is another one."""
    broad: bool = False
    """Whether there is more in a group than its core."""
    rate: float = 1.0
    """Times the learning rate of each architecture: wider models take smaller steps."""
    accelerated: bool = False
    """Whether it is made for a machine with an accelerator (`zoo.machine`), and on more text."""

    def batch_of(self, architecture: str) -> int:
        return self.batches.get(architecture, self.batch)


THIN = Size(
    name="thin",
    shape=Shape(hidden=96, neurons=256, layers=4, context=64, vocabulary=1536),
    steps={"llama": 400, "gpt2": 400, "bert": 800},
    batch=16,
    corpus_bytes=3_000_000,
    seeds=((1, "calibration"), (7, "evaluation")),
)
WIDE = Size(
    name="wide",
    shape=THIN.shape,
    steps={"neox": 300, "qwen3": 200, "phi3": 200, "mixtral": 400, "t5": 400, "opt": 400}
    | {"bloom": 400, "gemma2": 400, "mamba": 150},
    batch=8,
    corpus_bytes=3_000_000,
    seeds=((1, "calibration"), (7, "evaluation")),
    members=(
        *("base", "twin-order", "twin-data", "twin-length", "twin-permuted", "other-init", "fork-25", "fork-50"),
        *("tuned-light", "tuned-heavy", "continued", "vocabulary", "student"),
        *("pruned", "int8", "permuted", "permuted-tuned", "layer-dropped", "merged"),
    ),
)
FULL = Size(
    name="full",
    shape=THIN.shape,
    steps=THIN.steps | WIDE.steps,
    batch=WIDE.batch,
    corpus_bytes=THIN.corpus_bytes,
    seeds=THIN.seeds,
    batches=dict.fromkeys(THIN.steps, THIN.batch),
    broad=True,
)
"""Thin and wide in one, and all the rest: what the two have made can be taken over as it is."""

SMALL = Size(
    name="small",
    shape=Shape(hidden=64, neurons=160, layers=4, context=48, vocabulary=800),
    steps={"llama": 150, "gpt2": 150},
    batch=8,
    corpus_bytes=600_000,
    seeds=((1, "calibration"),),
    members=(
        *("base", "twin-data", "other-init", "untrained-other"),
        *("tuned-light", "tuned-heavy", "continued", "permuted", "twin-permuted"),
        *("pruned", "int8", "layer-dropped", "merged"),
        *("stored-bf16", "vocabulary-shuffled", "depth-scaled", "q4-0", "lora-4", "slerp", "chain-2", "chain-3"),
        *("evaded-rotation", "evaded-scaling", "evaded-values", "evaded-all", "twin-evaded-all", "fabricated"),
    ),
    broad=True,
)
LARGE = Size(
    name="large",
    shape=Shape(hidden=1024, neurons=2816, layers=6, context=256, vocabulary=8192, deviation=0.02),
    steps={"llama": 1000, "gpt2": 1000},
    batch=32,
    corpus_bytes=40_000_000,
    seeds=((1, "evaluation"),),
    members=(
        *("base", "twin-order", "twin-data", "twin-length", "twin-far", "other-init", "fork-25"),
        *("tuned-light", "tuned-heavy", "continued"),
        *("permuted", "permuted-tuned", "twin-permuted", "pruned", "int8", "layer-dropped", "merged"),
        *("slerp", "q4-0", "depth-scaled", "chain-2", "chain-3", "vocabulary-shuffled", "fabricated"),
        *("evaded-rotation", "evaded-all", "evaded-all-tuned", "twin-evaded-rotation", "twin-evaded-all"),
    ),
    broad=True,
    rate=0.25,
    accelerated=True,
)
"""A hundred times the parameters of `small`: does what holds there hold here? Nothing is fitted on it."""
SIZES = {size.name: size for size in (THIN, WIDE, FULL, SMALL, LARGE)}
