"""What `make docs` writes into the page of presumptions, from what the connector declares beside its code."""

from collections.abc import Iterable

from jackfield_dropbox.presumption import Presumption
from jackfield_dropbox.presumptions import reading, writing
from jackfield_dropbox_simulator.behaviour import values


def of_syncs() -> str:
    """Those that a sync counts on."""
    return _entries(reading())


def of_changes() -> str:
    """Those that changes count on."""
    return _entries(writing())


def count() -> str:
    """How many there are, and by how many switches they are flipped."""
    every = (*reading(), *writing())
    return f"{len(every)} presumptions, {len({each.switch for each in every})} switches."


def _entries(some: Iterable[Presumption]) -> str:
    return "\n".join(line for each in some for line in _entry(each)).rstrip()


def _entry(one: Presumption) -> list[str]:
    options = values().get(one.switch)
    switch = f"`{one.switch}`" + (f": {', '.join(f'`{value}`' for value in options)}" if options else "")
    rows = (
        ("from", one.source),
        ("shows when", one.noticed),
        ("then", one.then),
        ("switch", switch),
        ("test", f"`{one.test}`"),
    )
    return [
        f"### {one.name}",
        "",
        f"**{one.presumed}**",
        "",
        "| | |",
        "|---|---|",
        *(f"| {name} | {value} |" for name, value in rows),
        "",
    ]
