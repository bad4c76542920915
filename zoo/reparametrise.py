"""Changes of the weights that leave the function as it was, each over the one view of `zoo.parts`.

All act in place on a float64 model: rounding is left to whoever stores the result.
"""

import copy
from collections.abc import Callable
from typing import Any, Literal

import torch
from torch import Generator, Tensor

from zoo.architectures import Architecture
from zoo.errors import ZooError
from zoo.parts import Heads, Norm, parts, untie

Disguising = Literal["order", "rotation", "scaling", "values", "queries", "heads", "gains", "identity-layer"]
"""What is changed: order of neurons and residual dimensions, basis of the residual stream, scale of neurons,
basis of values, basis of queries and keys, order of heads, gains of norms, one more layer that does nothing."""


def possible(architecture: Architecture, model: Any) -> tuple[Disguising, ...]:
    """The disguises that this architecture allows, in an order in which all can be put on one after the other."""
    view = parts(architecture, model)
    rules: dict[Disguising, bool] = {
        "identity-layer": architecture.name != "bert",
        "values": bool(view.heads),
        "queries": bool(view.heads),
        "heads": any(h.movable for h in view.heads),
        "scaling": any(m.linear is not None for m in view.mlps),
        "rotation": view.turnable,
        "gains": bool(view.norms),
        "order": True,
    }
    return tuple(kind for kind, holds in rules.items() if holds)


def disguise(architecture: Architecture, model: Any, kind: Disguising, seed: int) -> Any:
    """The model with one disguise on, in float64; the given model may be changed."""
    if kind not in possible(architecture, model):
        raise ZooError(f"{architecture.name} keeps its function under {possible(architecture, model)}, not {kind!r}")
    return _ACTIONS[kind](architecture, model.double(), torch.Generator().manual_seed(seed))


def permuted(architecture: Architecture, model: Any, seed: int) -> dict[str, Tensor]:
    """The state of `model` with one random order of hidden dimensions and one of neurons for each layer."""
    source = torch.Generator().manual_seed(seed)
    orders: dict[str, Tensor] = {}
    state: dict[str, Tensor] = {}
    for name, tensor in model.state_dict().items():
        moved = tensor
        for axis, kind in enumerate(architecture.axes(name)):
            if kind == "free":
                continue
            owner = "hidden" if kind == "hidden" else _layer(architecture, name)
            blocks = 2 if kind == "pair" else 1
            length = tensor.shape[axis] // blocks
            if owner not in orders:
                orders[owner] = torch.randperm(length, generator=source)
            order = torch.cat([orders[owner] + block * length for block in range(blocks)])
            moved = moved.index_select(axis, order)
        state[name] = moved.clone()
    return state


def _layer(architecture: Architecture, name: str) -> str:
    place = architecture.place(name)
    if place is None:
        raise ZooError(f"{architecture.name}: {name!r} has neurons and stands in no layer; check the layout")
    return f"{place.stack}{place.layer}"


def with_layers(architecture: Architecture, model: Any, layers: tuple[int, ...]) -> Any:
    """A new model of the same class whose layer i is the given model's layer `layers[i]`, in every stack.

    What only the first layer of a stack holds (T5's table of relative positions) stays with the first.
    """
    config = copy.deepcopy(model.config)
    types = vars(config).get("layer_types")
    for count in architecture.counts:
        setattr(config, count, len(layers))
    if types is not None:
        config.layer_types = [types[i] for i in layers]
    built = type(model)(config).to(model.dtype)
    source = model.state_dict()
    wanted: dict[str, Tensor] = {}
    for name in built.state_dict():
        place = architecture.place(name)
        origin = f"{place.stack}{layers[place.layer]}.{place.rest}" if place else name
        wanted[name] = source[origin if origin in source else name].clone()
    built.load_state_dict(wanted)
    return built.eval()


def with_identity_layer(architecture: Architecture, model: Any, after: int) -> Any:
    """Layer `after` once more, with zeros in all that it adds to the residual stream."""
    (depth,) = {getattr(model.config, count) for count in architecture.counts}
    grown = with_layers(architecture, model, (*range(after + 1), *range(after, depth)))
    for name, tensor in grown.state_dict().items():
        place = architecture.place(name)
        if place is not None and place.layer == after + 1 and place.rest.startswith(_ADDING):
            tensor.zero_()
    return grown


_ADDING = (
    *("self_attn.o_proj", "mlp.down_proj", "mlp.experts.down_proj", "attn.c_proj", "mlp.c_proj", "attention.dense"),
    *("mlp.dense_4h_to_h", "self_attention.dense", "self_attn.out_proj", "fc2", "mixer.out_proj"),
    *(f"layer.{i}.{m}" for i in range(3) for m in ("SelfAttention.o", "EncDecAttention.o", "DenseReluDense.wo")),
)


def _order(architecture: Architecture, model: Any, source: Generator) -> Any:
    model.load_state_dict(permuted(architecture, model, int(torch.randint(2**31, (), generator=source))))
    return model


def _identity(architecture: Architecture, model: Any, source: Generator) -> Any:
    depth = min(getattr(model.config, count) for count in architecture.counts)
    return with_identity_layer(architecture, model, int(torch.randint(depth - 1, (), generator=source)))


def _rotation(architecture: Architecture, model: Any, source: Generator) -> Any:
    """x -> xQ in the residual stream, after every gain went into what reads behind it."""
    untie(model)
    view = parts(architecture, model)
    for norm in view.norms:
        _set_gain(norm, torch.ones_like(norm.gain))
    hidden = len(view.norms[0].gain)
    turn = _orthogonal(hidden, source)
    for reader in [r for norm in view.norms for r in norm.readers] + view.writers:
        reader.copy_(reader @ turn)
    return model


def _gains(architecture: Architecture, model: Any, source: Generator) -> Any:
    """Other gains, with what reads behind them rescaled."""
    untie(model)
    for norm in parts(architecture, model).norms:
        _set_gain(norm, 0.5 + 1.5 * torch.rand(norm.gain.shape, generator=source, dtype=norm.gain.dtype))
    return model


def _set_gain(norm: Norm, gain: Tensor) -> None:
    old = norm.gain + norm.shift
    for reader in norm.readers:
        reader.mul_(old / gain)
    if norm.bias is not None:
        norm.bias.mul_(gain / old)
    norm.gain.copy_(gain - norm.shift)


def _scaling(architecture: Architecture, model: Any, source: Generator) -> Any:
    """Neurons read larger and written smaller."""
    for mlp in parts(architecture, model).mlps:
        if mlp.linear is None:
            continue
        factor = torch.exp(2 * torch.rand(len(mlp.linear), generator=source, dtype=mlp.linear.dtype) - 1)
        mlp.linear.mul_(factor[:, None])
        mlp.down.div_(factor[:, None])
        if mlp.bias is not None:
            mlp.bias.mul_(factor)
    return model


def _values(architecture: Architecture, model: Any, source: Generator) -> Any:
    """The values of every group in another basis, undone by the output matrices of its heads."""
    for heads in parts(architecture, model).heads:
        size = heads.v.shape[1]
        per = len(heads.o) // heads.groups
        for group in range(heads.groups):
            mixing = _invertible(size, source)
            heads.v[group].copy_(mixing @ heads.v[group])
            if heads.biases is not None:
                heads.biases[2][group].copy_(mixing @ heads.biases[2][group])
            undone = torch.linalg.inv(mixing).T
            for head in range(group * per, (group + 1) * per):
                heads.o[head].copy_(undone @ heads.o[head])
    return model


def _queries(architecture: Architecture, model: Any, source: Generator) -> Any:
    """Queries and keys of every group in another basis, within what the positions allow."""
    for heads in parts(architecture, model).heads:
        per = len(heads.q) // heads.groups
        for group in range(heads.groups):
            turn = _query_turn(heads, source)
            opposite = torch.linalg.inv(turn).T
            for head in range(group * per, (group + 1) * per):
                _apply(turn, heads.q[head], heads.biases[0][head] if heads.biases else None)
            _apply(opposite, heads.k[group], heads.biases[1][group] if heads.biases else None)
    return model


def _apply(turn: Tensor, matrix: Tensor, bias: Tensor | None) -> None:
    matrix.copy_(turn @ matrix)
    if bias is not None:
        bias.copy_(turn @ bias)


def _query_turn(heads: Heads, source: Generator) -> Tensor:
    """Turns and scales each rotary pair (half turns only under gains); what has no position is mixed freely."""
    size, rotary = heads.q.shape[1], heads.rotary
    turn = torch.zeros(size, size, dtype=heads.q.dtype)
    half = rotary // 2
    angles = 2 * torch.pi * torch.rand(half, generator=source, dtype=torch.float64)
    scales = torch.exp(torch.rand(half, generator=source, dtype=torch.float64) - 0.5)
    if heads.positions == "signs":
        angles, scales = torch.pi * (angles > torch.pi), torch.ones_like(scales)
    for i in range(half):
        c, s = scales[i] * torch.cos(angles[i]), scales[i] * torch.sin(angles[i])
        turn[i, i], turn[i, i + half], turn[i + half, i], turn[i + half, i + half] = c, -s, s, c
    if rotary < size:
        turn[rotary:, rotary:] = _invertible(size - rotary, source)
    return turn


def _move_heads(architecture: Architecture, model: Any, source: Generator) -> Any:
    """Groups in another order, and the heads within each."""
    for heads in parts(architecture, model).heads:
        if not heads.movable:
            continue
        groups, per = heads.groups, len(heads.q) // heads.groups
        order = torch.randperm(groups, generator=source)
        inner = torch.cat([g * per + torch.randperm(per, generator=source) for g in order.tolist()])
        bq, bk, bv = heads.biases or (None, None, None)
        for tensor, rows in ((heads.q, inner), (heads.o, inner), (bq, inner)):
            if tensor is not None:
                tensor.copy_(tensor[rows].clone())
        for tensor in (heads.k, heads.v, bk, bv):
            if tensor is not None:
                tensor.copy_(tensor[order].clone())
    return model


def _orthogonal(size: int, source: Generator) -> Tensor:
    basis: Tensor = torch.linalg.qr(torch.randn(size, size, generator=source, dtype=torch.float64))[0]
    return basis


def _invertible(size: int, source: Generator) -> Tensor:
    """Random, of condition number e at most."""
    scales = torch.exp(torch.rand(size, generator=source, dtype=torch.float64) - 0.5)
    return _orthogonal(size, source) @ torch.diag(scales) @ _orthogonal(size, source)


_ACTIONS: dict[Disguising, Callable[[Architecture, Any, Generator], Any]] = {
    "order": _order,
    "rotation": _rotation,
    "scaling": _scaling,
    "values": _values,
    "queries": _queries,
    "heads": _move_heads,
    "gains": _gains,
    "identity-layer": _identity,
}
