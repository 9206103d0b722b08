"""The kinds of changes: how people ask for each, and the limits that count them."""

from collections.abc import Iterable

from generated.text import first, table
from jackfield.changes.kinds.registry import limit_names, request_types
from jackfield.changes.requests import keys_of


def overview() -> str:
    """A table: each kind as people write it down, its keys, and what it is."""
    rows: list[tuple[str, ...]] = []
    for name, of in request_types().items():
        keys = keys_of(of)
        needed = [key for key, field in keys.items() if field.required]
        allowed = [key for key in keys if key not in needed]
        rows.append((f"`{name}`", _listed(needed), _listed(allowed), first(of)))
    return table(("kind", "needs", "may have", "what is asked for"), rows)


def limits() -> str:
    """The kinds that limits count."""
    return f"Limits count {_listed(limit_names())}."


def _listed(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)
