"""Parts cut out of a model, and dense models made into mixtures and back."""

import copy
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from transformers import LlamaConfig, LlamaForCausalLM, MixtralConfig, MixtralForCausalLM

from zoo.architectures import Architecture
from zoo.errors import ZooError

_SHARED = (
    *("vocab_size", "hidden_size", "intermediate_size", "num_hidden_layers", "num_attention_heads"),
    *("num_key_value_heads", "max_position_embeddings", "rms_norm_eps", "bos_token_id", "eos_token_id", "pad_token_id"),
)
_WIDTHS = ("intermediate_size", "n_inner", "ffn_dim", "d_ff")


def without_neurons(architecture: Architecture, model: Any, share: float) -> Any:
    """The model with the smallest `share` of the neurons of each MLP cut out, by the norm of all that is theirs."""
    key = next((k for k in _WIDTHS if isinstance(vars(model.config).get(k), int)), None)
    if key is None:
        raise ZooError(f"{architecture.name}: the width of its MLPs is no entry of its config")
    width = getattr(model.config, key)
    kept = width - round(share * width)
    size: dict[str, Tensor] = {}
    for name, tensor in model.state_dict().items():
        for axis, kind in enumerate(architecture.axes(name)):
            if kind in ("neuron", "pair"):
                squares = (tensor**2).movedim(axis, 0).reshape(tensor.shape[axis], -1).sum(1)
                owner = _owner(architecture, name)
                size[owner] = size.get(owner, torch.zeros(())) + squares.reshape(-1, width).sum(0)
    rows = {owner: torch.sort(torch.topk(s, kept).indices).values for owner, s in size.items()}

    def cut(name: str, tensor: Tensor) -> Tensor:
        for axis, kind in enumerate(architecture.axes(name)):
            if kind in ("neuron", "pair"):
                mine = rows[_owner(architecture, name)]
                blocks = [mine + block * width for block in range(tensor.shape[axis] // width)]
                tensor = tensor.index_select(axis, torch.cat(blocks))
        return tensor

    return _rebuilt(model, {key: kept}, cut)


def without_hidden(architecture: Architecture, model: Any, share: float) -> Any:
    """The model with the residual dimensions of the smallest norm in the embeddings cut out."""
    embeddings = model.get_input_embeddings().weight.detach()
    kept = embeddings.shape[1] - round(share * embeddings.shape[1])
    rows = torch.sort(torch.topk((embeddings**2).sum(0), kept).indices).values

    def cut(name: str, tensor: Tensor) -> Tensor:
        for axis, kind in enumerate(architecture.axes(name)):
            if kind == "hidden":
                tensor = tensor.index_select(axis, rows)
        return tensor

    key = "d_model" if model.config.is_encoder_decoder else "hidden_size"
    return _rebuilt(model, {key: kept, **_head_dimension(model)}, cut)


def without_last_group(architecture: Architecture, model: Any) -> Any:
    """The model without the last key-value group of each layer and the query heads that read it."""
    config = model.config
    heads, groups = config.num_attention_heads, config.num_key_value_heads
    size = _head_dimension(model)["head_dim"]
    kept = {"q_proj": (heads - heads // groups) * size, "k_proj": (groups - 1) * size, "v_proj": (groups - 1) * size}

    def cut(name: str, tensor: Tensor) -> Tensor:
        module = name.split(".")[-2] if "." in name else ""
        if module == "o_proj":
            return tensor[:, : kept["q_proj"]]
        return tensor[: kept[module]] if module in kept else tensor

    changes = {"num_attention_heads": heads - heads // groups, "num_key_value_heads": groups - 1, "head_dim": size}
    return _rebuilt(model, changes, cut)


def upcycled(model: Any, experts: int, seed: int) -> Any:
    """The dense Llama `model` as a Mixtral all of whose experts are its MLP; the function stays."""
    fields = {key: getattr(model.config, key) for key in _SHARED}
    config = MixtralConfig(**fields, num_local_experts=experts, rope_parameters=model.config.rope_parameters)
    torch.manual_seed(seed)
    built = MixtralForCausalLM._from_config(config, experts_implementation="eager")  # type: ignore[no-untyped-call]
    old, new = model.state_dict(), built.state_dict()
    for name in new:
        prefix = name.split("mlp.")[0] + "mlp."
        if name.endswith("experts.gate_up_proj"):
            both = torch.cat([old[f"{prefix}gate_proj.weight"], old[f"{prefix}up_proj.weight"]])
            new[name] = both.expand(experts, -1, -1).clone()
        elif name.endswith("experts.down_proj"):
            new[name] = old[f"{prefix}down_proj.weight"].expand(experts, -1, -1).clone()
        elif not name.endswith("mlp.gate.weight"):
            new[name] = old[name]
    built.load_state_dict(new)
    return built.eval()


def densified(model: Any, expert: int) -> Any:
    """The Mixtral `model` as a Llama whose MLPs are one expert each."""
    fields = {key: getattr(model.config, key) for key in _SHARED}
    built: Any = LlamaForCausalLM(LlamaConfig(**fields, rope_parameters=model.config.rope_parameters))
    old, new = model.state_dict(), built.state_dict()
    for name in new:
        prefix, _, rest = name.partition("mlp.")
        if rest == "down_proj.weight":
            new[name] = old[f"{prefix}mlp.experts.down_proj"][expert]
        elif rest:
            gate, up = old[f"{prefix}mlp.experts.gate_up_proj"][expert].chunk(2)
            new[name] = gate if rest == "gate_proj.weight" else up
        else:
            new[name] = old[name]
    built.load_state_dict(new)
    return built.eval()


def _head_dimension(model: Any) -> dict[str, int]:
    """The size of a head, which must not change with what is cut; T5 has its own entry for it."""
    if model.config.is_encoder_decoder:
        return {}
    return {"head_dim": model.config.hidden_size // model.config.num_attention_heads}


def _rebuilt(model: Any, changes: dict[str, int], cut: Callable[[str, Tensor], Tensor]) -> Any:
    config = copy.deepcopy(model.config)
    for key, value in changes.items():
        setattr(config, key, value)
    built = type(model)(config).to(model.dtype)
    built.load_state_dict({name: cut(name, tensor).clone() for name, tensor in model.state_dict().items()})
    return built.eval()


def _owner(architecture: Architecture, name: str) -> str:
    place = architecture.place(name)
    if place is None:
        raise ZooError(f"{architecture.name}: {name!r} has neurons and stands in no layer; check the layout")
    return f"{place.stack}{place.layer}"
