"""An adapter put on its base, tensor by tensor; nothing is read before it is asked for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from stemma.errors import MalformedFile, UnsupportedFormat
from stemma.weights.adapters.merged import LowRank, Merged, Patched, Renamed, Shifted
from stemma.weights.adapters.names import AdapterPart, Kind, by_target, match, parse_name
from stemma.weights.adapters.settings import Settings
from stemma.weights.interface import LazyTensor

_SMALL = 1 << 16
_REPLACING = {Kind.REPLACEMENT, Kind.PROMPT}


def adapter_parts(
    tensors: Mapping[str, LazyTensor], config: Mapping[str, Any]
) -> tuple[tuple[AdapterPart, ...], tuple[str, ...]]:
    """An adapter without its base: every tensor with what it is and which tensor of the base it would change.

    Args:
        tensors: the adapter's tensors by name.
        config: the content of ``adapter_config.json``.

    Returns:
        Parts sorted by target, and sentences for people.

    Raises:
        MalformedFile: the matrices of one module do not fit, or the config lacks what they need.
    """
    settings = Settings(config)
    if settings.is_prompt:
        parts = tuple(AdapterPart(Kind.PROMPT, name, tensors[name]) for name in sorted(tensors))
        return parts, (_prompt_sentence(settings),)
    warnings: list[str] = []
    if not settings.is_low_rank:
        warnings.append(f"The adapter's method {settings.kind} is not understood; its tensors were kept as they are.")
    parsed = [(*parse_name(name), tensor) for name, tensor in tensors.items()]
    gathered = by_target(AdapterPart(kind, target, tensor) for kind, target, tensor in parsed)
    parts_out: list[AdapterPart] = []
    for target in sorted(gathered):
        place = gathered[target]
        scale = _scale(place, target, settings, warnings)
        scaled = {Kind.A, Kind.B, Kind.EMBEDDING_A, Kind.EMBEDDING_B, Kind.SINGULAR}
        for kind in sorted(place):
            factor = scale if kind in scaled else 1.0
            parts_out.append(AdapterPart(kind, target, place[kind].tensor, factor))
    return tuple(_scale_biases(parts_out)), tuple(warnings)


def apply_adapter(
    base_tensors: Mapping[str, LazyTensor], adapter_tensors: Mapping[str, LazyTensor], adapter_config: Mapping[str, Any]
) -> tuple[dict[str, LazyTensor], tuple[str, ...]]:
    """The base with the adapter applied: LoRA, rsLoRA, QLoRA, AdaLoRA, DoRA, trained tokens and saved modules.

    Virtual tokens (prefix and prompt tuning) change no weight: their tensors are added beside the base's.

    Args:
        base_tensors: the base, dequantised where it was packed.
        adapter_tensors: the adapter's tensors by name.
        adapter_config: the content of ``adapter_config.json``.

    Returns:
        All tensors sorted by name, changed ones in the base's own type, and sentences for people.

    Raises:
        MalformedFile: a target that the base does not have, or matrices that do not fit it.
        UnsupportedFormat: a method that is no sum of the base and low-rank matrices.
    """
    settings = Settings(adapter_config)
    if not settings.is_prompt:
        settings.check()
    parts, sentences = adapter_parts(adapter_tensors, adapter_config)
    warnings, merged = list(sentences), dict(base_tensors)
    gathered = by_target(parts)
    turned = _turned(gathered, base_tensors, settings)
    for target in sorted(gathered, key=lambda name: Kind.REPLACEMENT not in gathered[name]):
        place = gathered[target]
        name = match(target, merged)
        if name is None and not place.keys() <= _REPLACING:
            raise MalformedFile(
                next(iter(place.values())).tensor.name,
                f"the target {target}",
                "a tensor of the base",
                advice="Is this the base that the adapter was trained on?",
            )
        merged[name or target] = _changed(place, merged.get(name or target), name or target, turned, settings)
        if name is None and Kind.REPLACEMENT in place:
            warnings.append(f"The adapter brings {target}, which the base does not have.")
    return {name: merged[name] for name in sorted(merged)}, tuple(warnings)


def _changed(
    place: Mapping[Kind, AdapterPart], base: LazyTensor | None, name: str, turned: bool, settings: Settings
) -> LazyTensor:
    for kind in _REPLACING & place.keys():
        base = Renamed(name, place[kind].tensor)
    if base is None:
        raise MalformedFile(name, "no tensor in the base", "the tensor that the adapter changes")
    if base.dtype.kind in "iub" and not place.keys() <= _REPLACING:
        raise MalformedFile(base.name, f"{base.dtype.name} values", "a base whose packed weights were unpacked")
    if Kind.BIAS in place:
        shift = place[Kind.BIAS]
        _expect(shift.tensor, base.shape)
        base = Shifted(base, shift.tensor, shift.scale)
    if Kind.TOKENS in place:
        base = _patched(base, place[Kind.TOKENS].tensor, settings)
    if Kind.A in place or Kind.EMBEDDING_A in place:
        base = _merged(base, place, turned)
    return base


def _patched(base: LazyTensor, rows: LazyTensor, settings: Settings) -> LazyTensor:
    tokens = settings.tokens(base.name.removesuffix(".weight"))
    _expect(rows, (len(tokens), *base.shape[1:]))
    if tokens and max(tokens) >= base.shape[0]:
        raise MalformedFile(rows.name, f"the token {max(tokens)}", f"tokens below {base.shape[0]}")
    return Patched(base, rows, tokens)


def _merged(base: LazyTensor, place: Mapping[Kind, AdapterPart], turned: bool) -> LazyTensor:
    embedding = Kind.EMBEDDING_A in place
    a, b = _pair(place)
    inputs, outputs = a.tensor.shape[1], b.tensor.shape[0]
    flat, standing = base.shape == (outputs, inputs), base.shape == (inputs, outputs)
    if not (standing if embedding else flat or standing):
        raise MalformedFile(a.tensor.name, f"a change of {outputs} x {inputs}", f"one for {base.name} {base.shape}")
    transposed = embedding or (turned if flat and standing else standing)
    singular = place.get(Kind.SINGULAR)
    change = LowRank(a.tensor, b.tensor, a.scale, transposed, singular.tensor if singular else None)
    magnitude = place.get(Kind.MAGNITUDE)
    if magnitude is not None and magnitude.tensor.count != outputs:
        raise MalformedFile(magnitude.tensor.name, f"{magnitude.tensor.count} magnitudes", f"{outputs}")
    return Merged(base, change, magnitude.tensor if magnitude else None)


def _turned(
    gathered: Mapping[str, Mapping[Kind, AdapterPart]], base: Mapping[str, LazyTensor], settings: Settings
) -> bool:
    """Whether square matrices are stored as (in, out): what all others show, else what the config says."""
    shown = set()
    for target, place in gathered.items():
        name = match(target, base) if Kind.A in place else None
        if name is not None:
            a, b = _pair(place)
            outline = (b.tensor.shape[0], a.tensor.shape[1])
            if outline[0] != outline[1] and base[name].shape in (outline, outline[::-1]):
                shown.add(base[name].shape != outline)
    return shown.pop() if len(shown) == 1 else settings.fan_in_fan_out


def _pair(place: Mapping[Kind, AdapterPart]) -> tuple[AdapterPart, AdapterPart]:
    kinds = (Kind.EMBEDDING_A, Kind.EMBEDDING_B) if Kind.EMBEDDING_A in place else (Kind.A, Kind.B)
    held = next(iter(place.values())).tensor.name
    if kinds[0] not in place or kinds[1] not in place:
        raise MalformedFile(held, "one matrix of a pair", "both A and B of the module")
    a, b = place[kinds[0]], place[kinds[1]]
    if len(a.tensor.shape) != 2 or len(b.tensor.shape) != 2:
        raise UnsupportedFormat(
            f"{held}: low-rank matrices with {len(a.tensor.shape)} axes cannot be applied here.",
            advice="Merge the adapter into its base with peft, save the result, and give that.",
        )
    if a.tensor.shape[0] != b.tensor.shape[1] or not all((*a.tensor.shape, *b.tensor.shape)):
        raise MalformedFile(held, f"A {a.tensor.shape} and B {b.tensor.shape}", "one rank in both")
    singular = place.get(Kind.SINGULAR)
    if singular is not None and singular.tensor.count != a.tensor.shape[0]:
        raise MalformedFile(singular.tensor.name, f"{singular.tensor.count} values", f"{a.tensor.shape[0]}")
    return a, b


def _scale(place: Mapping[Kind, AdapterPart], target: str, settings: Settings, warnings: list[str]) -> float:
    low_rank = {Kind.A, Kind.B, Kind.EMBEDDING_A, Kind.EMBEDDING_B, Kind.SINGULAR, Kind.MAGNITUDE}
    if not low_rank & place.keys():
        return 1.0
    a, _ = _pair(place)
    rank, module = a.tensor.shape[0], target.removesuffix(".weight")
    claim = settings.rank(module)
    if claim is not None and claim != rank:
        warnings.append(f"The config claims rank {claim} at {module}, its matrices have {rank} and were believed.")
    return settings.scale(module, _stored_rank(place) or rank)


def _stored_rank(place: Mapping[Kind, AdapterPart]) -> float | None:
    stored = place.get(Kind.RANK)
    if stored is None or stored.tensor.count != 1:
        return None
    value = float(stored.tensor.read_all().reshape(()))
    return value if 0 < value < _SMALL else None


def _scale_biases(parts: list[AdapterPart]) -> list[AdapterPart]:
    """A bias of B takes the scale of its matrix."""
    scales = {part.target.removesuffix("weight"): part.scale for part in parts if part.kind is Kind.B}
    return [
        AdapterPart(part.kind, part.target, part.tensor, scales.get(part.target.removesuffix("bias"), 1.0))
        if part.kind is Kind.BIAS
        else part
        for part in parts
    ]


def _expect(tensor: LazyTensor, shape: tuple[int, ...]) -> None:
    if tensor.shape != shape:
        raise MalformedFile(tensor.name, f"shape {tensor.shape}", f"shape {shape}")


def _prompt_sentence(settings: Settings) -> str:
    return (
        f"The adapter ({settings.kind}) adds virtual tokens and changes no weight of the base; "
        "its tensors were kept as they are."
    )
