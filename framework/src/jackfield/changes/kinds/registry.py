"""The kinds of changes there are: those of the modules beside this one, in the order of ``Change``."""

from collections.abc import Mapping
from functools import cache
from importlib import import_module
from inspect import getmembers, isabstract, isclass
from pathlib import Path
from pkgutil import iter_modules
from typing import Any, get_args

from jackfield.changes.kinds.kind import Kind
from jackfield.changes.kinds.request import Request
from jackfield_contracts import Change


@cache
def _by_change() -> Mapping[type[Change], Kind[Any]]:
    found: dict[type[Change], Kind[Any]] = {}
    for module in iter_modules([str(Path(__file__).parent)]):
        for _, each in getmembers(import_module(f"{__package__}.{module.name}"), _is_kind):
            found[each.change] = each()
    return {change: found[change] for change in get_args(Change)}


def _is_kind(member: object) -> bool:
    return isclass(member) and not isabstract(member) and issubclass(member, Kind)


def kind_of(change: Change) -> Kind[Any]:
    """What kind *change* is of."""
    return _by_change()[type(change)]


def limit_names() -> tuple[str, ...]:
    """What limits count: a change of something privileged counts as *privileged* beside its own kind."""
    return tuple(dict.fromkeys(name for kind in _by_change().values() for name in kind.counts))


@cache
def request_types() -> Mapping[str, type[Request]]:
    """What people ask for, by the kind that they write down."""
    return {str(of.__struct_config__.tag): of for kind in _by_change().values() for of in kind.requests}
