"""The contracts: every public Struct, its fields and what it means."""

import inspect
import sys
from enum import Enum
from types import ModuleType

import jackfield_contracts
from generated import source
from generated.text import doc, table
from jackfield_contracts.schemas import contracts as structs

_MODULES = (
    "ids",
    "resources",
    "grants",
    "reading",
    "seals",
    "changes",
    "arguments",
    "checks",
    "diagnostics",
    "activity",
)


def modules() -> list[ModuleType]:
    """The modules with contracts in them, in the order in which a reader needs them."""
    names = [f"{jackfield_contracts.__name__}.{each}" for each in _MODULES]
    return [sys.modules[name] for name in names]


def reference() -> str:
    """A section for each module, in it one for each Struct and a table of each set of values."""
    return "\n\n".join(_module(module) for module in modules())


def left_out() -> list[str]:
    """Public contracts that no section shows; a test holds that there are none."""
    shown = {each.__name__ for module in modules() for each in _public(module)}
    return sorted({each.__name__ for each in structs().values()} - shown)


def _module(module: ModuleType) -> str:
    title, _, rest = doc(module).partition(": ")
    return "\n\n".join([f"## {title}", rest[:1].upper() + rest[1:], *(_section(each) for each in _public(module))])


def _public(module: ModuleType) -> list[type]:
    public = (getattr(jackfield_contracts, name) for name in jackfield_contracts.__all__)
    mine = [each for each in public if isinstance(each, type) and each.__module__ == module.__name__]
    return sorted((each for each in mine if not issubclass(each, Exception)), key=_line)


def _section(each: type) -> str:
    if issubclass(each, Enum):
        values = ", ".join(f"`{member.value}`" for member in each)
        return f"### `{each.__name__}`\n\n{doc(each)}\n\nOne of {values}."
    rows = [
        (f"`{field.name}`", f"`{field.type}`", f"`{field.default}`" if field.default is not None else "required")
        for field in source.fields(each)
    ]
    return "\n\n".join(
        [f"### `{each.__name__}`", doc(each), *([table(("field", "type", "default"), rows)] if rows else [])]
    )


def _line(each: type) -> int:
    return inspect.getsourcelines(each)[1]
