"""One view of every architecture's weights: residual stream, norms, heads, MLPs.

All tensors here are views into a model's own storage, turned so that the residual axis comes last; what is done
to a view is done to the model. Reparametrisations and surgery on heads are written once, over this view.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import torch
from torch import Tensor, nn

from zoo.architectures import Architecture

Positions = Literal["rotary", "signs", "table"]
"""What may be done to queries and keys: turns of rotary pairs, half turns only (gains over them), anything."""


@dataclass
class Norm:
    """Normalises what its readers read: gain * x (+ bias); `shift` is 1 where the stored gain is its excess over 1."""

    gain: Tensor
    bias: Tensor | None
    readers: list[Tensor]
    """Views (..., hidden)."""
    shift: float = 0.0
    centred: bool = False


@dataclass
class Heads:
    """q (heads, d, hidden), k and v (groups, d, hidden), o (heads, d, hidden); biases (heads, d), or None."""

    q: Tensor
    k: Tensor
    v: Tensor
    o: Tensor
    biases: tuple[Tensor, Tensor, Tensor] | None = None
    positions: Positions = "table"
    rotary: int = 0
    movable: bool = True

    @property
    def groups(self) -> int:
        return int(self.k.shape[0])


@dataclass
class Mlp:
    """`linear` (neurons, hidden) may be scaled against `down` (neurons, hidden): a GLU's up, or what a ReLU takes."""

    linear: Tensor | None
    down: Tensor
    bias: Tensor | None = None


@dataclass
class Parts:
    """The whole model; `writers` are the views (..., hidden) of all that is added to the residual stream."""

    norms: list[Norm] = field(default_factory=list)
    heads: list[Heads] = field(default_factory=list)
    mlps: list[Mlp] = field(default_factory=list)
    writers: list[Tensor] = field(default_factory=list)
    turnable: bool = False
    """Whether the residual basis may be rotated once the gains are folded: RMS norms, none of them after a sum."""


def parts(architecture: Architecture, model: Any) -> Parts:
    """The view of one model. The scores' matrix must be untied (`untie`) before a final gain is folded into it."""
    return _VIEWS[architecture.name](_State(architecture, model))


def untie(model: Any) -> None:
    """Give the scores a matrix of their own where they share that of the embeddings; the function stays."""
    if model.config.is_encoder_decoder or not model.config.tie_word_embeddings:
        return
    model.lm_head.weight = nn.Parameter(model.lm_head.weight.detach().clone())
    model.config.tie_word_embeddings = False


class _State:
    """A model's tensors by name, and its layers."""

    def __init__(self, architecture: Architecture, model: Any) -> None:
        self.config = model.config
        self.tensors: Mapping[str, Tensor] = model.state_dict()
        stack = "|".join(re.escape(s) for s in architecture.stacks)
        found = {m.group(0) for name in self.tensors if (m := re.match(rf"({stack})\d+\.", name))}
        self.layers = sorted(found, key=lambda s: (s.split(".")[0], int(s.rstrip(".").rsplit(".", 1)[1])))

    def __getitem__(self, name: str) -> Tensor:
        return self.tensors[name]


def _heads_of(matrix: Tensor, count: int) -> Tensor:
    """(heads x d, hidden) as (heads, d, hidden)."""
    return torch.unflatten(matrix, 0, (count, -1))


def _llama(state: _State) -> Parts:
    config, found = state.config, Parts(writers=[state["model.embed_tokens.weight"]], turnable=True)
    heads, groups = config.num_attention_heads, config.num_key_value_heads
    gemma, gains = config.model_type == "gemma2", config.model_type == "qwen3"
    shift = 1.0 if gemma else 0.0
    for layer in state.layers:
        q, k, v = _queries_keys_values(state, f"{layer}self_attn.", heads, groups)
        o = torch.unflatten(state[f"{layer}self_attn.o_proj.weight"], 1, (heads, -1)).permute(1, 2, 0)
        positions: Positions = "signs" if gains else "rotary"
        found.heads.append(Heads(q, k, v, o, positions=positions, rotary=q.shape[1]))
        found.norms.append(Norm(state[f"{layer}input_layernorm.weight"], None, [q, k, v], shift))
        readers = []
        for linear, gate, down in _gated(state, f"{layer}mlp."):
            found.mlps.append(Mlp(linear, down))
            readers += [linear, gate]
            found.writers.append(down)
        if f"{layer}mlp.gate.weight" in state.tensors:
            readers.append(state[f"{layer}mlp.gate.weight"])
        before = "pre_feedforward_layernorm" if gemma else "post_attention_layernorm"
        found.norms.append(Norm(state[f"{layer}{before}.weight"], None, readers, shift))
        found.writers.append(o)
    found.norms.append(Norm(state["model.norm.weight"], None, [state["lm_head.weight"]], shift))
    found.turnable = not gemma
    return found


def _queries_keys_values(state: _State, prefix: str, heads: int, groups: int) -> tuple[Tensor, Tensor, Tensor]:
    fused = state.tensors.get(f"{prefix}qkv_proj.weight")
    if fused is None:
        q, k, v = (state[f"{prefix}{x}_proj.weight"] for x in "qkv")
        return _heads_of(q, heads), _heads_of(k, groups), _heads_of(v, groups)
    size = fused.shape[0] // (heads + 2 * groups)
    q, k, v = torch.split(fused, [heads * size, groups * size, groups * size])
    return _heads_of(q, heads), _heads_of(k, groups), _heads_of(v, groups)


def _gated(state: _State, prefix: str) -> Iterator[tuple[Tensor, Tensor, Tensor]]:
    """(up, gate, down) of the MLP, or of each expert, all (neurons, hidden)."""
    if f"{prefix}experts.down_proj" in state.tensors:
        both, down = state[f"{prefix}experts.gate_up_proj"], state[f"{prefix}experts.down_proj"]
        for expert in range(both.shape[0]):
            gate, up = both[expert].chunk(2)
            yield up, gate, down[expert].T
        return
    down = state[f"{prefix}down_proj.weight"].T
    if f"{prefix}gate_up_proj.weight" in state.tensors:
        gate, up = state[f"{prefix}gate_up_proj.weight"].chunk(2)
    else:
        gate, up = state[f"{prefix}gate_proj.weight"], state[f"{prefix}up_proj.weight"]
    yield up, gate, down


def _gpt2(state: _State) -> Parts:
    count, found = state.config.n_head, Parts()
    for layer in state.layers:
        fused = state[f"{layer}attn.c_attn.weight"].chunk(3, dim=1)
        q, k, v = (torch.unflatten(m, 1, (count, -1)).permute(1, 2, 0) for m in fused)
        o = torch.unflatten(state[f"{layer}attn.c_proj.weight"], 0, (count, -1))
        b = [torch.unflatten(m, 0, (count, -1)) for m in state[f"{layer}attn.c_attn.bias"].chunk(3)]
        found.heads.append(Heads(q, k, v, o, (b[0], b[1], b[2])))
        found.norms.append(_layer_norm(state, f"{layer}ln_1", [q, k, v]))
        found.norms.append(_layer_norm(state, f"{layer}ln_2", [state[f"{layer}mlp.c_fc.weight"].T]))
        found.mlps.append(Mlp(None, state[f"{layer}mlp.c_proj.weight"]))
    found.norms.append(_layer_norm(state, "transformer.ln_f", [state["lm_head.weight"]]))
    return found


def _bert(state: _State) -> Parts:
    """Its norms stand after the sums: they are the residual stream, and nothing can be folded out of them."""
    count, found = state.config.num_attention_heads, Parts()
    for layer in state.layers:
        names = [f"{layer}attention.self.{x}" for x in ("query", "key", "value")]
        q, k, v = (_heads_of(state[f"{n}.weight"], count) for n in names)
        b = [torch.unflatten(state[f"{n}.bias"], 0, (count, -1)) for n in names]
        o = torch.unflatten(state[f"{layer}attention.output.dense.weight"], 1, (count, -1)).permute(1, 2, 0)
        found.heads.append(Heads(q, k, v, o, (b[0], b[1], b[2])))
        found.mlps.append(Mlp(None, state[f"{layer}output.dense.weight"].T))
    return found


def _interleaved(state: _State) -> Parts:
    """GPT-NeoX and BLOOM: query, key and value of one head beside each other."""
    bloom = state.config.model_type == "bloom"
    attention, output = ("self_attention", "dense") if bloom else ("attention", "dense")
    count, found = state.config.num_attention_heads, Parts()
    for layer in state.layers:
        fused = torch.unflatten(state[f"{layer}{attention}.query_key_value.weight"], 0, (count, 3, -1))
        bias = torch.unflatten(state[f"{layer}{attention}.query_key_value.bias"], 0, (count, 3, -1))
        q, k, v = fused[:, 0], fused[:, 1], fused[:, 2]
        o = torch.unflatten(state[f"{layer}{attention}.{output}.weight"], 1, (count, -1)).permute(1, 2, 0)
        heads = Heads(q, k, v, o, (bias[:, 0], bias[:, 1], bias[:, 2]), movable=not bloom)
        if not bloom:
            heads.positions = "rotary"
            heads.rotary = int(q.shape[1] * state.config.rope_parameters["partial_rotary_factor"])
        found.heads.append(heads)
        found.norms.append(_layer_norm(state, f"{layer}input_layernorm", [q, k, v]))
        up = state[f"{layer}mlp.dense_h_to_4h.weight"]
        found.norms.append(_layer_norm(state, f"{layer}post_attention_layernorm", [up]))
        found.mlps.append(Mlp(None, state[f"{layer}mlp.dense_4h_to_h.weight"].T))
    last = "transformer.ln_f" if bloom else "gpt_neox.final_layer_norm"
    found.norms.append(_layer_norm(state, last, [state["lm_head.weight"]]))
    return found


def _opt(state: _State) -> Parts:
    count, found = state.config.num_attention_heads, Parts()
    for layer in state.layers:
        names = [f"{layer}self_attn.{x}_proj" for x in "qkv"]
        q, k, v = (_heads_of(state[f"{n}.weight"], count) for n in names)
        b = [torch.unflatten(state[f"{n}.bias"], 0, (count, -1)) for n in names]
        o = torch.unflatten(state[f"{layer}self_attn.out_proj.weight"], 1, (count, -1)).permute(1, 2, 0)
        found.heads.append(Heads(q, k, v, o, (b[0], b[1], b[2])))
        up = state[f"{layer}fc1.weight"]
        found.norms.append(_layer_norm(state, f"{layer}self_attn_layer_norm", [q, k, v]))
        found.norms.append(_layer_norm(state, f"{layer}final_layer_norm", [up]))
        found.mlps.append(Mlp(up, state[f"{layer}fc2.weight"].T, state[f"{layer}fc1.bias"]))
    found.norms.append(_layer_norm(state, "model.decoder.final_layer_norm", [state["lm_head.weight"]]))
    return found


def _t5(state: _State) -> Parts:
    """Relative positions belong to the heads of a whole stack, so heads stay where they are. The scores' matrix is
    always that of the embeddings, so nothing can be folded into it and the basis cannot be turned."""
    count, found = state.config.num_heads, Parts(writers=[state["shared.weight"]])
    crossing: list[Tensor] = []
    for layer in state.layers:
        for sub in sorted({n[len(layer) :].split(".")[1] for n in state.tensors if n.startswith(layer)}):
            prefix = f"{layer}layer.{sub}."
            gain = state[f"{prefix}layer_norm.weight"]
            kind = next(n for n in state.tensors if n.startswith(prefix))[len(prefix) :].split(".")[0]
            if kind == "DenseReluDense":
                up, down = state[f"{prefix}{kind}.wi.weight"], state[f"{prefix}{kind}.wo.weight"].T
                found.mlps.append(Mlp(up, down))
                found.norms.append(Norm(gain, None, [up]))
                found.writers.append(down)
                continue
            q, k, v = (_heads_of(state[f"{prefix}{kind}.{x}.weight"], count) for x in "qkv")
            o = torch.unflatten(state[f"{prefix}{kind}.o.weight"], 1, (count, -1)).permute(1, 2, 0)
            found.heads.append(Heads(q, k, v, o, movable=kind == "EncDecAttention"))
            found.writers.append(o)
            inside = kind == "SelfAttention"
            found.norms.append(Norm(gain, None, [q, k, v] if inside else [q]))
            crossing += [] if inside else [k, v]
    found.norms.append(Norm(state["encoder.final_layer_norm.weight"], None, crossing))
    return found


def _mamba(state: _State) -> Parts:
    found = Parts(writers=[state["backbone.embeddings.weight"]], turnable=True)
    for layer in state.layers:
        found.norms.append(Norm(state[f"{layer}norm.weight"], None, [state[f"{layer}mixer.in_proj.weight"]]))
        found.writers.append(state[f"{layer}mixer.out_proj.weight"].T)
    found.norms.append(Norm(state["backbone.norm_f.weight"], None, [state["lm_head.weight"]]))
    return found


def _layer_norm(state: _State, name: str, readers: list[Tensor]) -> Norm:
    return Norm(state[f"{name}.weight"], state[f"{name}.bias"], readers, centred=True)


_VIEWS = {
    **dict.fromkeys(("llama", "qwen3", "phi3", "gemma2", "mixtral"), _llama),
    **dict.fromkeys(("neox", "bloom"), _interleaved),
    "gpt2": _gpt2,
    "bert": _bert,
    "opt": _opt,
    "t5": _t5,
    "mamba": _mamba,
}
