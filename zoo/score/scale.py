"""What the page of a large zoo says besides: how its models were trained, and its ratios beside the calibration's."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from stemma.constitution.training import SURE
from stemma.evidence.calibration import FILE
from stemma.evidence.gains import GAINS
from stemma.evidence.joint import joint
from stemma.evidence.units import LEARNED_ROLES
from zoo.score.cases import Built
from zoo.score.curves import learned_parts
from zoo.score.tables import Scored, table
from zoo.workers import TRAINERS

_IN_PLACE = {GAINS, *(str(role) for roles in LEARNED_ROLES.values() for role in roles)}


def scale_sections(built: Built, scored: Sequence[Scored]) -> list[str]:
    """The sections, each with its heading."""
    twins = [one for one in scored if one.pair.category == "twins"]
    return [
        "## Training\n\n" + _training(built),
        "## Ratios beside those of the small models\n\n" + _beside(scored),
        "## Twins, one by one\n\n" + _BOUNDS.format(bar=SURE) + _one_by_one(twins),
        "## Forks of one run, one by one\n\n" + _one_by_one([o for o in scored if _is_fork(o)]),
    ]


_BOUNDS = """\
Runs from one seed, none of them disguised or a child. Distances are those of all correlations in place together, in
standard deviations of the small models, their own errors left out. A link takes {bar:g} above the twins.

"""


def _is_fork(one: Scored) -> bool:
    return one.pair.category.startswith("forks")


def nearness(scored: Scored) -> float | None:
    """1 less the root mean square sine between neurons in place; None where their order shows nothing."""
    found = scored.outcome.tests.get("mlp order")
    return 1 - (1 - min(found[1], 1.0) ** 2) ** 0.5 if found and found[1] > 0 else None


def _training(built: Built) -> str:
    rows = [_trained(name, entry) for name, entry in built.entries.items() if entry.get("device")]
    devices = sorted({entry["device"] for entry in built.entries.values() if entry.get("device")})
    shape, size = built.size.shape, built.size
    text = (
        f"{shape.layers} layers, {shape.hidden} wide, {shape.neurons} neurons; {size.batch} windows of {shape.context} "
        f"tokens a step,\nproducts in bfloat16 over float32 weights, on {', '.join(devices)}.\nUp to {TRAINERS} models "
        "share the device, so the seconds of each are longer than its own share; they hold all\nelse that makes a "
        "model. Losses are means over the first and last twentieth of the steps, in nats per token; spikes\nare "
        "singular values above the noise, mean over matrices."
    )
    head = ("model", "steps", "seconds", "first loss", "last loss", "spikes, mlp", "spikes, attention")
    return text + "\n\n" + table(head, rows)


def _trained(name: str, entry: Mapping[str, Any]) -> tuple[object, ...]:
    losses = (f"{entry[which]:.3f}" for which in ("initial_loss", "final_loss"))
    spikes = (f"{entry['spikes'][part]:.1f}" for part in ("mlp", "attention"))
    return (f"`{name}`", entry["steps"], f"{entry['seconds']:.0f}", *losses, *spikes)


def _beside(scored: Sequence[Scored]) -> str:
    small = json.loads(FILE.read_text("utf-8"))["measures"]
    groups = {
        "twins": [one for one in scored if one.is_twin],
        "derived": [o for o in scored if o.pair.label == "linked"],
    }
    rows = []
    for measure in sorted(small):
        for kind, ones in groups.items():
            found = [value for one in ones if (value := learned_parts(one.outcome).get(measure)) is not None]
            if found:
                rows.append((measure, kind, *_spread(found), *_known(small[measure][kind])))
    for kind, ones in groups.items():
        near = [value for one in ones if (value := nearness(one)) is not None]
        rows.append(("nearness", kind, *_spread(near), *_known(small["nearness"][kind])))
    head = ("measure", "kind", "pairs", "least", "mean", "most", "small: pairs", "least", "mean", "most")
    text = (
        "The right half is the data file that rulings are judged beside, from models a hundredth of the size; nothing "
        "of\nthe left half entered it. Disguised pairs, merges and forks are among both. A ratio exists where "
        "something is shared\nand both sides show a learned part."
    )
    return text + "\n\n" + table(head, rows)


def _spread(values: Sequence[float]) -> tuple[object, ...]:
    if not values:
        return (0, "-", "-", "-")
    return (len(values), *(f"{v:.3f}" for v in (min(values), sum(values) / len(values), max(values))))


def _known(record: Mapping[str, Any]) -> tuple[object, ...]:
    return (record["pairs"], *(f"{record[key]:.3f}" for key in ("least", "mean", "most")))


def _one_by_one(scored: Sequence[Scored]) -> str:
    rows = []
    for one in sorted(scored, key=lambda one: (one.pair.a, one.pair.b)):
        found = learned_parts(one.outcome)
        ruled = f"{one.outcome.label}, {one.outcome.established}"
        said = ", ".join(f"{name} {value:.2f}" for name, value in found.items()) or "-"
        near = nearness(one)
        close = "-" if near is None else f"{near:.2f}"
        rows.append((f"`{one.pair.a}`, `{one.pair.b}`", ruled, said, *_distances(found), close))
    head = ("pair", "ruling", "ratios", "above twins", "below derived", "nearness")
    return table(head, rows)


def _distances(found: Mapping[str, float]) -> tuple[str, str]:
    """Distance above the twins and below the derived, of correlations in place; their own errors left out."""
    known = {name: (value, 0.0) for name, value in found.items() if name in _IN_PLACE}
    if not known:
        return "-", "-"
    score = joint(known)
    return f"{score.above:.1f}", f"{score.below:.1f}"
