"""Every way in which one field of a plan file may be another: a JSON document, and what an editor can do to it."""

import copy
import hashlib
import json
from collections.abc import Callable, Generator, Iterable, Mapping
from typing import Any, cast

import msgspec

Path = tuple[str | int, ...]
TWICE = "@@twice@@"
KNOWN = {"replace": True, "follows": True, "limit": "x", "warnings": ["x"], "kinds": [], "login": "x@team.example"}
"""Keys that are left out of plans at their defaults."""


class Alteration(msgspec.Struct, frozen=True):
    """One field of a plan, and how it is altered."""

    path: Path
    how: str
    value: Any = None

    @property
    def field(self) -> str:
        """The field in words, numbers left out."""
        return ".".join("[]" if isinstance(each, int) else each for each in self.path).replace(".[]", "[]") or "(all)"


def alterations(plan: Mapping[str, Any], others: Callable[[Path, Any], list[Any]]) -> Generator[Alteration]:
    """All alterations of each node of *plan*; *others* gives values of the same form that mean something else."""
    for path, node in _nodes(plan, ()):
        yield Alteration(path, "removed")
        for value in others(path, node):
            if value != node:
                yield Alteration(path, "another value", value)
        for value in (None, 7, "x", True, [], {}, [node], {"x": node}):
            if value is None or type(value) is not type(node) or (value in ([], {}) and value != node):
                yield Alteration(path, f"made {_named(value)}", value)
        if isinstance(node, dict):
            keys = list(cast("dict[str, Any]", node))
            yield Alteration((*path, "unknown"), "added", "x")
            yield Alteration((*path, TWICE), "a key twice", keys[0] if keys else "x")
            for key, value in KNOWN.items():
                if key not in keys:
                    yield Alteration((*path, key), "added", value)
        if isinstance(node, list) and (items := cast("list[Any]", node)):
            yield Alteration((*path, len(items)), "doubled", items[-1])


def altered(document: Mapping[str, Any], change: Alteration, *, digest: bool) -> str:
    """The text of the plan file *document* after *change*; with *digest*, that in it is computed anew."""
    made = copy.deepcopy(dict(document))
    at: Any = made["plan"] if change.path else made
    for step in change.path[:-1]:
        at = at[step]
    last = change.path[-1] if change.path else "plan"
    twice = last == TWICE
    if twice:
        pass
    elif change.how == "removed":
        del at[last]
    elif change.how == "doubled":
        at.append(change.value)
    else:
        at[last] = change.value
    if digest and "plan" in made:
        content = msgspec.json.encode(made["plan"], order="sorted")
        made["digest"] = "sha256:" + hashlib.sha256(content).hexdigest()
    if twice:
        # The decoder takes the last one, which is as it was: who looks at the file may take the first one for it.
        at = _first(at, change.value)
        text = json.dumps(_replaced(made, change.path[:-1], at))
        return text.replace(json.dumps(TWICE), json.dumps(change.value))
    return json.dumps(made)


def _first(node: Mapping[str, Any], key: str) -> dict[str, Any]:
    return {TWICE: "another", **node}


def _replaced(document: dict[str, Any], path: Path, node: Any) -> dict[str, Any]:
    at: Any = document["plan"] if path else document
    for step in path[:-1]:
        at = at[step]
    at[path[-1] if path else "plan"] = node
    return document


def _nodes(node: Any, path: Path) -> Generator[tuple[Path, Any]]:
    yield path, node
    children: Iterable[tuple[str | int, Any]] = ()
    if isinstance(node, dict):
        children = cast("dict[str, Any]", node).items()
    elif isinstance(node, list):
        children = enumerate(cast("list[Any]", node))
    for key, child in children:
        yield from _nodes(child, (*path, key))


def _named(value: Any) -> str:
    names = {type(None): "null", int: "a number", str: "a text", bool: "a truth", list: "a list", dict: "an object"}
    return names[type(value)]
