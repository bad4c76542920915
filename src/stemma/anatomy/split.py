"""Fused tensors taken apart into canonical ones, and stored orientation turned into (out, in).

Sizes come from the shapes wherever they suffice: the output projection of the same layer tells how many rows the
queries have. Only where rows repeat by heads must the configuration give the number of heads.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from stemma.anatomy.choose import READS_RESIDUAL, WRITES_RESIDUAL
from stemma.anatomy.interface import Role
from stemma.anatomy.rules import Rule
from stemma.anatomy.views import Index, Reshaped, Rows, RowsAt, Transposed
from stemma.identity import Missing
from stemma.immutable import immutable
from stemma.weights.interface import LazyTensor

QKV = (Role.Q, Role.K, Role.V)
KV_B = (Role.K_B, Role.V_B)
_LIKE_QUERIES = (Role.Q, Role.ATTENTION_GATE)
_TURNS = {"alternate": 0, "quarters": 4}
MAX_EXPERTS = 4096


@immutable
class Surroundings:
    """What a tensor's layer and configuration tell about it.

    ``value_rows`` is the in-width of the attention's output projection, ``experts`` the rows of the router;
    0 where the layer holds none. ``heads`` is the configuration's claim.
    """

    width: int
    value_rows: int
    experts: int
    heads: int | Missing


def unstack(tensor: LazyTensor, rule: Rule, bias: bool, around: Surroundings) -> list[tuple[int, LazyTensor]] | Missing:
    """``(expert, tensor)`` for stacked experts, each as (out, in); ``[(-1, tensor)]`` for anything else."""
    if not rule.stacked:
        flat = flattened(tensor, rule)
        return [(-1, Transposed(flat) if rule.transposed and len(flat.shape) == 2 else flat)]
    if len(tensor.shape) == 3 or (len(tensor.shape) == 2 and bias):
        count = tensor.shape[0]
        if count > MAX_EXPERTS:
            return Missing(f"{count} experts are more than {MAX_EXPERTS}")
        turned = len(tensor.shape) == 3 and _turned(tensor.shape[1:], rule, around.width)
        single = (Index(tensor, expert) for expert in range(count))
        return [(expert, Transposed(one) if turned else one) for expert, one in enumerate(single)]
    count = around.experts
    if not count or not tensor.shape or tensor.shape[0] % count:
        return Missing("the number of experts is not known, so their rows cannot be told apart")
    rows = tensor.shape[0] // count
    parts = (Rows(tensor, expert * rows, (expert + 1) * rows) for expert in range(count))
    turned = rule.transposed and len(tensor.shape) == 2
    return [(expert, Transposed(part) if turned else part) for expert, part in enumerate(parts)]


def flattened(tensor: LazyTensor, rule: Rule) -> LazyTensor:
    """A projection whose output or input keeps an axis of heads as a matrix; so a depthwise convolution."""
    shape = tensor.shape
    matrix = {slot.role for slot in rule.slots} & (READS_RESIDUAL | WRITES_RESIDUAL)
    depthwise = Role.CONVOLUTION in {slot.role for slot in rule.slots} and shape[1:2] == (1,)
    if len(shape) < 3 or not shape[0] or not (matrix or depthwise):
        return tensor
    return Reshaped(tensor, (shape[0], tensor.count // shape[0]))


def _turned(shape: tuple[int, ...], rule: Rule, width: int) -> bool:
    """Whether a matrix lies as (in, out): by the residual's width where it decides, else as the rule says."""
    roles = {slot.role for slot in rule.slots}
    if shape[0] != shape[1] and width in shape:
        if roles & READS_RESIDUAL:
            return shape[0] == width
        if roles & WRITES_RESIDUAL:
            return shape[1] == width
    return rule.transposed


def pieces(tensor: LazyTensor, rule: Rule, around: Surroundings) -> list[LazyTensor] | Missing:
    """One canonical tensor for every slot of the rule, in its order; Missing says why that cannot be done."""
    roles = tuple(slot.role for slot in rule.slots)
    rows = tensor.shape[0] if tensor.shape else 1
    if len(roles) == 1:
        return [tensor]
    if rule.by == "rows":
        sizes = _sizes(roles, rows, around)
        if isinstance(sizes, Missing):
            return sizes
        ends = np.cumsum(sizes).tolist()
        return [Rows(tensor, end - size, end) for end, size in zip(ends, sizes, strict=True)]
    index = _by_heads(roles, rows, around) if rule.by == "heads" else _in_turns(len(roles), rows, _TURNS[rule.by])
    return index if isinstance(index, Missing) else [RowsAt(tensor, rows_of) for rows_of in index]


def _in_turns(count: int, rows: int, shards: int) -> list[NDArray[np.int64]] | Missing:
    """Row numbers of each role where all of them repeat in every shard; 0 shards: row by row."""
    if rows % (count * max(1, shards)):
        return Missing(f"{rows} rows cannot alternate between {count} roles in {shards or rows} shards")
    numbers = np.arange(rows).reshape(shards or rows // count, count, -1)
    return [numbers[:, place].reshape(-1) for place in range(count)]


def _sizes(roles: Sequence[Role], rows: int, around: Surroundings) -> list[int] | Missing:
    """Rows of each role: those of the queries (and their gate) are known, keys and values share the rest."""
    count, queries = len(roles), sum(role in _LIKE_QUERIES for role in roles)
    rest, odd = divmod(rows - queries * around.value_rows, 2)
    if Role.Q in roles and count == queries + 2 and around.value_rows and not odd and 0 < rest <= around.value_rows:
        return [around.value_rows if role in _LIKE_QUERIES else rest for role in roles]
    if rows % count:
        return Missing(f"{rows} rows cannot be {count} equal parts")
    return [rows // count] * count


def _by_heads(roles: Sequence[Role], rows: int, around: Surroundings) -> list[NDArray[np.int64]] | Missing:
    """Row numbers of each role where rows repeat by (groups of) heads."""
    heads = around.heads
    if isinstance(heads, Missing):
        return Missing(f"its rows repeat by heads and their number is not known: {heads.reason}")
    values = around.value_rows or (rows // 3 if tuple(roles) == QKV else 0)
    if not values or values % heads:
        return Missing(f"the configuration's {heads} heads do not divide the {values} rows of the values")
    width = values // heads
    if tuple(roles) == QKV:
        groups, left = divmod(rows - values, 2 * width)
        if left or groups < 1 or heads % groups:
            return Missing(f"{rows} rows do not fit the configuration's {heads} heads of {width}")
        pattern = [heads // groups * width, width, width]
    elif tuple(roles) == KV_B:
        if rows % heads or rows // heads <= width:
            return Missing(f"{rows} rows do not fit the configuration's {heads} heads with values of {width}")
        groups, pattern = heads, [rows // heads - width, width]
    else:
        if rows != values * len(roles) or rows % (heads * len(roles)):
            return Missing(f"{rows} rows are not {len(roles)} parts of {values // heads} for each of {heads} heads")
        groups, pattern = heads, [rows // heads // len(roles)] * len(roles)
    numbers = np.arange(rows).reshape(groups, sum(pattern))
    ends = np.cumsum(pattern).tolist()
    return [numbers[:, end - size : end].reshape(-1) for end, size in zip(ends, pattern, strict=True)]
