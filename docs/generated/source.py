"""Signatures and fields as they are written in the source, so that a page shows the names that an author uses."""

import ast
import inspect
import re
import textwrap
from typing import NamedTuple

_WIDTH = 96


class Field(NamedTuple):
    """A field of a Struct: its name, type and default, as written; no default if it is required."""

    name: str
    type: str
    default: str | None


def signature(function: object, *, awaited: bool = False) -> str:
    """The line or lines that define *function*; *awaited*: as the ``async def`` that gives what it is awaited for."""
    tree = _tree(function)
    assert isinstance(tree, ast.FunctionDef | ast.AsyncFunctionDef)  # noqa: S101 - a page is of code that is there
    awaited = awaited or isinstance(tree, ast.AsyncFunctionDef)
    gives = tree.returns
    if isinstance(tree, ast.FunctionDef) and awaited and isinstance(gives, ast.Subscript):
        gives = gives.slice
    arguments = _arguments(tree.args)
    end = f") -> {_text(gives) if gives else 'None'}"
    start = ("async def " if awaited else "def ") + tree.name + "("
    line = start + ", ".join(arguments) + end
    return line if len(line) < _WIDTH else "\n".join([start, *(f"    {each}," for each in arguments), end])


def gives(function: object) -> str:
    """What *function* gives."""
    tree = _tree(function)
    return _text(tree.returns) if isinstance(tree, ast.FunctionDef) and tree.returns else "None"


def is_awaited(function: object) -> bool:
    """Whether a hook is specified as something to await."""
    tree = _tree(function)
    gives = tree.returns if isinstance(tree, ast.FunctionDef) else None
    return isinstance(gives, ast.Subscript) and _text(gives.value) == "Awaitable"


def fields(struct: type) -> list[Field]:
    """The fields of *struct* in their order."""
    tree = _tree(struct)
    assert isinstance(tree, ast.ClassDef)  # noqa: S101
    return [
        Field(_text(node.target), _text(node.annotation), _text(node.value) if node.value else None)
        for node in tree.body
        if isinstance(node, ast.AnnAssign)
    ]


def _arguments(given: ast.arguments) -> list[str]:
    plain = given.posonlyargs + given.args
    defaults: list[ast.expr | None] = [None] * (len(plain) - len(given.defaults)) + list(given.defaults)
    told = [_argument(each, default) for each, default in zip(plain, defaults, strict=True)]
    named = [_argument(each, default) for each, default in zip(given.kwonlyargs, given.kw_defaults, strict=True)]
    if given.vararg is not None:
        return [*told, f"*{_text(given.vararg)}", *named]
    return told + (["*", *named] if named else [])


def _argument(argument: ast.arg, default: ast.expr | None) -> str:
    return _text(argument) + (f" = {_text(default)}" if default else "")


def _tree(thing: object) -> ast.stmt:
    return ast.parse(textwrap.dedent(inspect.getsource(thing))).body[0]  # type: ignore[arg-type]


def _text(node: ast.AST) -> str:
    """The source of *node*, with the quotation marks of this code base."""
    return re.sub(r"'([^'\"\\\\]*)'", r'"\1"', ast.unparse(node))
