"""Mutations as plain data, so that a case can be stored, played again and made smaller: of bytes, and of JSON as a tree.

A strategy of hypothesis draws them; ``change_bytes`` and ``change_json`` carry them out. Positions are taken modulo what is
there, so that each mutation fits each text.
"""

import json
from typing import Any

from hypothesis import strategies as st

TOKENS = (
    b"\xff",
    b"\x00",
    b"\xef\xbb\xbf",
    b"\xed\xa0\x80",
    b"\xc3",
    b'"',
    b"\\",
    b"\\ud800",
    b"\\u0000",
    b"\\u001b[2J",
    b"\x1b[31m",
    b"NaN",
    b"-Infinity",
    b"1e999",
    b"-0",
    b"-1",
    b"9" * 30,
    b"9" * 5000,
    b"[" * 2000,
    b"{" * 50,
    b'{"a":' * 1500,
    b"}",
    b"]",
    b",",
    b":",
    b"null",
    b"true",
    b"\r",
    b"\n",
    b"\r\n",
    b"\t",
    b";",
    b"'",
    b"=1+1",
    b"<",
    b"&",
    b"<!--",
    b"]]>",
    b"&lt;",
    b"&#0;",
    b"%00",
    b"%s",
    b"\xe2\x80\xae",
    b"\xd8\x9c",
    b"\xe2\x80\x8b",
    b"\xef\xbf\xbf",
    b"\xf3\xa0\x81\x81",
    b"a" * 20_000,
    b"a+" * 5000,
    b"[[change]]",
    b"[a.b]",
    b"env:",
    b"file:",
    b"../",
    b"/",
    b"1.23457E+11",
    b"1979-05-27",
    b"0x10",
    b"1_000",
    b"#",
    b"@@",
)
RAW = {
    "huge": "9" * 5000,
    "NaN": "NaN",
    "Infinity": "Infinity",
    "1e999": "1e999",
    "deep": "[" * 3000 + "]" * 3000,
    "half": '"\\ud800"',
}
"""What no encoder writes; a value of this kind is ``{"raw": NAME}``."""

VALUES: tuple[Any, ...] = (
    None,
    True,
    False,
    0,
    1,
    -1,
    2**31,
    2**53 + 1,
    2**63,
    2**64,
    1.5,
    -0.0,
    1e308,
    "",
    " ",
    "a",
    "null",
    "0",
    "\x00",
    "\x1b[2J",
    "\u202e\u200b",
    "a" * 300,
    "x" * 70_000,
    "dbmid:nobody",
    "g:nobody",
    "2020-01-01T00:00:00Z",
    "9999-12-31T23:59:60Z",
    "nobody@team.example",
    "a@@b",
    [],
    {},
    [None],
    [[]],
    {"a": None},
    {".tag": "other"},
    {".tag": "complete"},
    {".tag": None},
    {".tag": ["a"]},
    {".tag": ""},
    [{}],
    ["a", 1],
    *({"raw": name} for name in RAW),
)
ENCODINGS = ("utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-32", "latin-1", "ascii")

_place = st.binary(min_size=3, max_size=3).map(lambda one: int.from_bytes(one, "big"))
"""Any place alike: integers of hypothesis would lie near the beginning."""

bytes_operations = st.lists(
    st.one_of(
        st.tuples(st.just("insert"), _place, st.sampled_from(TOKENS).map(lambda one: one.decode("latin-1"))),
        st.tuples(st.just("set"), _place, st.integers(0, 255)),
        st.tuples(st.just("flip"), _place, st.integers(0, 7)),
        st.tuples(st.just("delete"), _place, st.integers(1, 64)),
        st.tuples(st.just("repeat"), _place, st.integers(1, 200), st.integers(2, 30)),
        st.tuples(st.just("move"), _place, st.integers(1, 64), _place),
        st.tuples(st.just("cut"), _place),
    ).map(list),
    min_size=1,
    max_size=4,
)
json_operations = st.lists(
    st.one_of(
        st.tuples(st.just("replace"), _place, st.sampled_from(VALUES)),
        st.tuples(st.just("replace"), _place, st.text(max_size=8)),
        st.tuples(st.just("drop"), _place),
        st.tuples(st.just("twice"), _place, st.sampled_from(VALUES)),
        st.tuples(st.just("rename"), _place, st.sampled_from((".tag", "", "id", "members", "error", "x"))),
        st.tuples(
            st.just("add"),
            _place,
            st.sampled_from(("x", ".tag", "error", "async_job_id", "has_more", "cursor")),
            st.sampled_from(VALUES),
        ),
        st.tuples(st.just("put"), _place, _place),
        st.tuples(st.just("wrap"), _place, st.sampled_from((1, 2, 600, 3000))),
        st.tuples(st.just("clear"), _place),
        st.tuples(st.just("reverse"), _place),
    ).map(list),
    min_size=1,
    max_size=4,
)


def some_of(
    parts: dict[str, st.SearchStrategy[Any]], **always: st.SearchStrategy[Any]
) -> st.SearchStrategy[dict[str, Any]]:
    """A dictionary with *always*, and one or two of *parts*: what has none of them would change nothing."""
    names = st.lists(st.sampled_from(sorted(parts)), min_size=1, max_size=2, unique=True)
    return names.flatmap(lambda chosen: st.fixed_dictionaries({**always, **{name: parts[name] for name in chosen}}))


class Table(list[tuple[str, Any]]):
    """An object as its pairs, of which two may have one key."""


def change_bytes(content: bytes, operations: list[list[Any]]) -> bytes:
    """*content* after the operations."""
    made = bytearray(content)
    for operation in operations:
        at = operation[1] % (len(made) + 1)
        match operation:
            case ["insert", _, text]:
                made[at:at] = text.encode("latin-1")
            case ["set", _, value]:
                made[at : at + 1] = bytes([value])
            case ["flip", _, bit]:
                if at < len(made):
                    made[at] ^= 1 << bit
            case ["delete", _, length]:
                del made[at : at + length]
            case ["repeat", _, length, times]:
                made[at:at] = made[at : at + length] * times
            case ["move", _, length, to]:
                piece = made[at : at + length]
                del made[at : at + length]
                made[to % (len(made) + 1) : to % (len(made) + 1)] = piece
            case ["cut", _]:
                del made[at:]
            case _:
                raise ValueError(operation)
    return bytes(made)


def change_json(content: bytes, operations: list[list[Any]], encoding: str = "utf-8") -> bytes:
    """The JSON *content* after the operations on its tree, in an encoding."""
    if not operations and encoding == "utf-8":
        return content
    try:
        root = [json.loads(content, object_pairs_hook=Table)]
    except (ValueError, RecursionError):
        return content
    for operation in operations:
        _change(root, operation)
    return text_of(root[0]).encode(encoding, "replace") if root else b""


def _change(root: list[Any], operation: list[Any]) -> None:
    places = list(_places(root))
    if not places:
        return
    parent, at = places[operation[1] % len(places)]
    value = parent[at][1] if isinstance(parent, Table) else parent[at]

    def put(new: Any) -> None:
        parent[at] = (parent[at][0], new) if isinstance(parent, Table) else new

    match operation:
        case ["replace", _, new]:
            put(_tree(new))
        case ["drop", _]:
            del parent[at]
        case ["twice", _, new]:
            parent.insert(at, (parent[at][0], _tree(new)) if isinstance(parent, Table) else _tree(value))
        case ["rename", _, key]:
            if isinstance(parent, Table):
                parent[at] = (key, value)
        case ["add", _, key, new]:
            _add(value, key, new)
        case ["put", _, other]:
            source, number = places[other % len(places)]
            put(_tree(source[number][1] if isinstance(source, Table) else source[number]))
        case ["wrap", _, levels]:
            put(Raw("[" * levels + text_of(value) + "]" * levels))
        case ["clear", _]:
            put(_empty(value))
        case ["reverse", _]:
            if isinstance(value, list):
                value.reverse()
        case _:
            raise ValueError(operation)


def _add(value: Any, key: str, new: Any) -> None:
    if isinstance(value, Table):
        value.append((key, _tree(new)))
    elif isinstance(value, list):
        value.append(_tree(new))


def _empty(value: Any) -> Any:
    """Nothing, of the form of *value*."""
    return next((form() for form in (Table, list, str) if isinstance(value, form)), 0)


class Raw(str):
    """JSON as it is written."""

    __slots__ = ()


def _tree(value: Any) -> Any:
    """A copy of *value* as a tree."""
    if isinstance(value, Raw):
        return value
    if isinstance(value, Table):
        return Table((key, _tree(each)) for key, each in value)
    if isinstance(value, dict):
        return (
            Raw(RAW[value["raw"]])
            if value.keys() == {"raw"}
            else Table((key, _tree(each)) for key, each in value.items())
        )
    return [_tree(each) for each in value] if isinstance(value, list) else value


def _places(parent: list[Any]) -> Any:
    for at, each in enumerate(parent):
        yield parent, at
        value = each[1] if isinstance(parent, Table) else each
        if isinstance(value, list):
            yield from _places(value)


def text_of(value: Any) -> str:
    """A tree as text."""
    if isinstance(value, Raw):
        return str(value)
    if isinstance(value, Table):
        return "{" + ",".join(f"{json.dumps(key)}:{text_of(each)}" for key, each in value) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(text_of, value)) + "]"
    return json.dumps(value)
