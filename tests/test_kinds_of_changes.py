"""Which kind a change is, nobody asks but the kinds themselves: a kind is added in one place."""

import ast
from pathlib import Path
from typing import get_args

import pytest

from jackfield.changes.kinds.kind import Kind
from jackfield.changes.kinds.registry import kind_of, limit_names, request_types
from jackfield.changes.kinds.request import Request
from jackfield_contracts import (
    Change,
    CreateAccount,
    DeleteAccount,
    EntitlementId,
    GrantAccess,
    ResourceId,
    RevokeAccess,
    RunAction,
)

FRAMEWORK = Path(__file__).parents[1] / "framework"
HOST = FRAMEWORK / "src" / "jackfield"
KIT = FRAMEWORK / "testkit" / "src" / "jackfield_testkit"
KINDS = tuple(each.__name__ for each in get_args(Change))
SOMEBODY = ResourceId(type="user", id="1")
MEMBER = EntitlementId(resource=ResourceId(type="group", id="1"), slug="member")


def _asked(tree: ast.AST) -> list[int]:
    """The lines that ask which kind a change is: isinstance, a comparison of types, a pattern."""
    found: list[int] = []
    for node in ast.walk(tree):
        names = {each.id for each in ast.walk(node) if isinstance(each, ast.Name)}
        called = (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Name)
            and node.func.id in ("isinstance", "issubclass")
        )
        if (called or isinstance(node, ast.Compare | ast.MatchClass)) and names & {*KINDS}:
            found.append(node.lineno)
    return found


def test_no_module_but_the_kinds_asks_which_kind_a_change_is() -> None:
    asked = {
        f"{file.relative_to(FRAMEWORK)}:{line}"
        for file in (*HOST.rglob("*.py"), *KIT.rglob("*.py"))
        if "kinds" not in file.parts
        for line in _asked(ast.parse(file.read_text(encoding="utf-8")))
    }
    assert asked == set()


def test_it_would_be_found() -> None:
    for text in (
        "isinstance(c, GrantAccess | str)",
        "type(c) is RunAction",
        "match c:\n case DeleteAccount():\n  pass",
    ):
        assert _asked(ast.parse(text)), text


def test_each_kind_of_the_contracts_is_there() -> None:
    changes = (
        GrantAccess(entitlement=MEMBER, principal=SOMEBODY),
        RevokeAccess(entitlement=MEMBER, principal=SOMEBODY),
        CreateAccount(),
        DeleteAccount(account=SOMEBODY),
        RunAction(name="any"),
    )
    assert [type(each).__name__ for each in changes] == list(KINDS)
    kinds = [kind_of(each) for each in changes]
    assert [each.change for each in kinds] == [type(each) for each in changes]
    assert {name for each in kinds for name in each.counts} == set(limit_names())
    assert all(isinstance(each, Kind) for each in kinds)


def test_a_kind_that_leaves_something_out_can_not_be_made() -> None:
    class Half(Kind[RunAction]):
        hook = "half"

    with pytest.raises(TypeError, match="evaluate"):
        Half()  # type: ignore[abstract]


def test_each_request_says_what_change_it_is() -> None:
    assert request_types()
    for of in request_types().values():
        assert of.change is not Request.change, of
