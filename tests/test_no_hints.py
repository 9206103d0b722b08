"""What is said below the command line names no command and no option, but in a hint: others read it, too."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
LAYERS = ("changes", "sync", "snapshots", "state", "http", "activity")
PLUGINS = ("plugins/dropbox/src", "plugins/roster/src", "plugins/c1/src")
OF_THE_COMMAND_LINE = re.compile(r"`jackfield |(?:^|[\s`(])--[a-z][a-z-]+(?=[\s=`,;.)]|$)")
HINTS = ("hint", "description")
_OF_A_HINT = re.compile(r"hint|_again$|^more$|^option$|^accepting$|^warning$|^_later$", re.IGNORECASE)
SAID_THERE = {
    # What somebody said on the command line is named as they said it.
    ("sync/ongoing.py", ", and --accept-tenant says "),
    # Parts of a hint, which are put together before it.
    ("changes/resolve.py", " --accept-tenant "),
    # The place of what is wrong there.
    ("changes/plan.py", "--limit"),
    ("changes/leaving.py", "--type"),
    ("c1z/reader.py", "--option"),
}


def modules() -> Iterator[Path]:
    for layer in LAYERS:
        yield from (ROOT / "framework/src/jackfield" / layer).rglob("*.py")
    for plugin in PLUGINS:
        yield from (path for path in (ROOT / plugin).rglob("*.py") if not path.name.endswith("_pb2.py"))


class Said(ast.NodeVisitor):
    """The texts of a module that are neither a docstring nor a hint."""

    def __init__(self) -> None:
        self.texts: list[str] = []

    def visit_Expr(self, node: ast.Expr) -> None:
        if not (isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)):
            self.generic_visit(node)

    def visit_keyword(self, node: ast.keyword) -> None:
        if node.arg not in HINTS:
            self.generic_visit(node)

    def visit_Assign(self, node: ast.Assign) -> None:
        if not any(_OF_A_HINT.search(ast.unparse(each)) for each in node.targets):
            self.generic_visit(node)

    def visit_AugAssign(self, node: ast.AugAssign) -> None:
        if not _OF_A_HINT.search(ast.unparse(node.target)):
            self.generic_visit(node)

    def visit_Constant(self, node: ast.Constant) -> None:
        if isinstance(node.value, str):
            self.texts.append(node.value)


@pytest.mark.parametrize("layer", [*LAYERS, *PLUGINS])
def test_no_reason_is_for_the_command_line_alone(layer: str) -> None:
    at = ROOT / layer if layer in PLUGINS else ROOT / "framework/src/jackfield" / layer
    found: list[tuple[str, str]] = []
    for path in modules():
        if not path.is_relative_to(at):
            continue
        said = Said()
        said.visit(ast.parse(path.read_text()))
        place = "/".join(path.parts[-2:])
        found += [(place, text) for text in said.texts if OF_THE_COMMAND_LINE.search(text)]
    assert [one for one in found if one not in SAID_THERE] == []
