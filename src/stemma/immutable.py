"""Immutable values: dataclasses whose methods are written once, not compiled anew for every class.

``dataclass(frozen=True)`` composes, compiles and runs six methods for each class: half a millisecond, and a hundred
classes lie on the way of ``stemma compare``. Here :func:`dataclasses.dataclass` only collects the fields, so that
``replace``, ``fields``, ``asdict`` and ``match`` work as ever, and classes share methods that are compiled once. A
class that is made often gets the ``__init__`` of :mod:`dataclasses` after all, which is quicker once it is there
(docs/decisions/0013-immutable-values.md).
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable, Mapping
from dataclasses import MISSING, Field, FrozenInstanceError, dataclass, field, fields, make_dataclass
from inspect import Parameter, Signature
from itertools import count, repeat
from reprlib import recursive_repr
from typing import Any, NoReturn, TypeVar, dataclass_transform, overload

C = TypeVar("C", bound=type)
_put = object.__setattr__
_OFTEN = 100


@overload
def immutable(cls: C, /) -> C: ...
@overload
def immutable(*, eq: bool = True, order: bool = False) -> Callable[[C], C]: ...
@dataclass_transform(frozen_default=True, field_specifiers=(field,))
def immutable(cls: C | None = None, /, *, eq: bool = True, order: bool = False) -> C | Callable[[C], C]:
    """``dataclass(frozen=True)``; with ``eq=False`` equality is identity, as it must be where a field is an array.

    ``order`` compares field by field. A class that defines one of the methods itself keeps its own.

    >>> @immutable
    ... class Point:
    ...     x: float
    ...     y: float = 0.0
    >>> Point(1.0), Point(1.0) == Point(y=0.0, x=1.0)
    (Point(x=1.0, y=0.0), True)
    """
    methods = {**_METHODS, **(_EQUALITY if eq else {}), **(_ORDER if order else {})}
    return (lambda cls: _immutable(cls, methods)) if cls is None else _immutable(cls, methods)


def _immutable(cls: Any, methods: Mapping[str, Any]) -> Any:
    own = {name for name, method in vars(cls).items() if method is not None}
    cls.__doc__ = cls.__doc__ or ""  # else the signature is worked out to stand in for it
    dataclass(init=False, repr=False, eq=False)(cls)
    found = fields(cls)
    compared = [f.name for f in found if f.compare]
    cls.__immutable_content__ = operator.attrgetter(*compared) if compared else type
    for name, method in {**methods, "__init__": _init_of(cls)}.items():
        if name not in own:
            setattr(cls, name, method)
    return cls


def _init_of(cls: Any) -> Callable[..., None]:
    known = {f.name: f for f in fields(cls)}
    names, made, checked = tuple(known), count(1), hasattr(cls, "__post_init__")

    def init(self: Any, /, *given: Any, **named: Any) -> None:
        if next(made) == _OFTEN and cls.__init__ is init:
            cls.__init__ = _generated(cls)
        left = names[len(given) :]
        if len(named) < len(left):
            named = _defaults([known[name] for name in left if name not in named]) | named
        if len(given) + len(named) != len(names) or not named.keys() <= set(left):
            _refuse(self, given, named)
        any(map(_put, repeat(self), (*names[: len(given)], *named), (*given, *named.values())))  # a loop: none says yes
        if checked:
            self.__post_init__()

    return init


def _generated(cls: Any) -> Callable[..., None]:
    """The ``__init__`` that :mod:`dataclasses` writes for a frozen class with these fields."""
    known: Iterable[Any] = fields(cls)
    same = [(f.name, Any, field(default=f.default, default_factory=f.default_factory)) for f in known]
    check = {"__post_init__": cls.__post_init__} if hasattr(cls, "__post_init__") else {}
    twin: Any = make_dataclass(cls.__name__, same, namespace=check, frozen=True, repr=False, eq=False)
    init: Callable[..., None] = twin.__init__
    return init


def _defaults(known: Iterable[Any]) -> dict[str, Any]:
    given = {f.name: f.default for f in known if f.default is not MISSING}
    return given | {f.name: f.default_factory() for f in known if f.default_factory is not MISSING}


def _refuse(self: Any, given: tuple[Any, ...], named: dict[str, Any]) -> NoReturn:
    raise TypeError(
        f"{type(self).__qualname__} takes {', '.join(f.name for f in fields(self))};"
        f" got {len(given)} values without a name, and {', '.join(named) or 'none'} by name"
    )


@recursive_repr()
def _repr(self: Any) -> str:
    shown = [f"{f.name}={getattr(self, f.name)!r}" for f in fields(self) if f.repr]
    return f"{type(self).__qualname__}({', '.join(shown)})"


def _setattr(self: Any, name: str, value: object) -> None:
    raise FrozenInstanceError(f"cannot assign to {name!r} of a {type(self).__qualname__}")


def _delattr(self: Any, name: str) -> None:
    raise FrozenInstanceError(f"cannot delete {name!r} of a {type(self).__qualname__}")


def _hash(self: Any) -> int:
    return hash(self.__immutable_content__(self))


def _comparing(by: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    def compare(self: Any, other: Any) -> Any:
        if other.__class__ is not self.__class__:
            return NotImplemented
        content = self.__immutable_content__
        return by(content(self), content(other))

    return compare


class _SignatureOfFields:
    """What :func:`inspect.signature` and ``help`` show, made when they ask."""

    def __get__(self, _instance: object, owner: Any) -> Signature:
        return Signature([_parameter(f) for f in fields(owner)])


def _parameter(of: Field[Any]) -> Parameter:
    default = of.default if of.default is not MISSING else of.default_factory
    absent = default is MISSING
    return Parameter(
        of.name, Parameter.POSITIONAL_OR_KEYWORD, default=Parameter.empty if absent else default, annotation=of.type
    )


_METHODS: dict[str, Any] = {
    "__repr__": _repr,
    "__setattr__": _setattr,
    "__delattr__": _delattr,
    "__signature__": _SignatureOfFields(),
}
_EQUALITY: dict[str, Any] = {"__eq__": _comparing(operator.eq), "__hash__": _hash}
_ORDER: dict[str, Any] = {
    f"__{by.__name__}__": _comparing(by) for by in (operator.lt, operator.le, operator.gt, operator.ge)
}
