"""What the application is known to refuse is told where a plan is only shown, and is asked where changes are made."""

import json
from pathlib import Path

import pytest

from jackfield.errors import JackfieldError, MissingPermission
from jackfield.hookspecs import hookimpl
from jackfield_contracts import AccessState, CapabilityStatus, Change, Outcome, OutcomeKind, RevokeAccess

from .writable import Telling, World, WritableLine

LAST = Outcome(outcome=OutcomeKind.REFUSED, tag="last_admin", reason="The team keeps one administrator.")
DOUBT = Outcome(outcome=OutcomeKind.CHANGED, reason="Whether it will be refused is not known.")


class Foreseeing(Telling):
    """One whose application keeps the last who has a role."""

    says: Outcome | JackfieldError | None = LAST
    gives: object = None

    def __init__(self, world: World) -> None:
        super().__init__(world)
        self._own = world

    @hookimpl
    async def foresee(self, changes: tuple[Change, ...], state: AccessState) -> tuple[Outcome | None, ...]:
        self._own.asked.append(f"foresee {len(changes)}")
        if self.gives is not None:
            return self.gives  # type: ignore[return-value]
        if isinstance(self.says, JackfieldError):
            raise self.says
        return tuple(
            self.says if isinstance(each, RevokeAccess) and each.entitlement.resource.type == "role" else None
            for each in changes
        )


@pytest.fixture
def line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> WritableLine:
    monkeypatch.setattr(Foreseeing, "says", LAST)
    monkeypatch.setattr(Foreseeing, "gives", None)
    return WritableLine(tmp_path, monkeypatch, capsys, Foreseeing)


TAKE = ("revoke", "acme", "role:r1/member", "user:u2")


def test_a_dry_run_tells_it_with_the_exit_code_of_a_refusal(line: WritableLine) -> None:
    ran = line.run(*TAKE, "--dry-run")
    assert (ran.code, line.app.writes) == (5, [])
    assert "would be refused: revoke User management member (role:r1/member) from Bob <bob@example.com>" in ran.out
    assert "The team keeps one administrator. [last_admin]" in ran.out
    assert "WARNING" not in ran.out
    assert line.run(*TAKE, "--dry-run", "--output", "json").json()["tag"] == "last_admin"


def test_a_plan_tells_it_and_counts_it_in_no_limit(line: WritableLine) -> None:
    found = line.run("plan", "acme", "--revoke", "role:r1/member", "user:u2", "--revoke", "group:g1/member", "user:u1",
                     "--output", "json").json()  # fmt: skip
    assert [each["outcome"] for each in found["changes"]] == ["refused", "changed"]
    assert found["blast_radius"] == {"revoke": 1}
    assert line.app.asked.count("foresee 2") == 1
    assert line.run("plan", "acme", "--revoke", "role:r1/member", "user:u2", "--dry-run").code == 5


def test_only_what_would_be_made_is_asked_about(line: WritableLine) -> None:
    line.run("revoke", "acme", "role:r1/member", "user:u1", "--dry-run")
    assert not any(each.startswith("foresee") for each in line.app.asked)


def test_what_follows_a_change_of_the_plan_may_be_made_after_it(line: WritableLine) -> None:
    rows = line.folder / "rows.jsonl"
    asked = [
        {"kind": "disable_account", "account": "user:u2", "arguments": {"wipe_data": False}},
        {"kind": "revoke", "entitlement": "role:r1/member", "principal": "user:u2"},
    ]
    rows.write_text("".join(json.dumps(each) + "\n" for each in asked))
    ran = line.run("plan", "acme", str(rows))
    assert "may change: revoke User management member" in ran.out


def test_where_it_is_made_the_application_decides(line: WritableLine) -> None:
    ran = line.run(*TAKE, "--yes")
    assert (ran.code, len(line.app.writes)) == (0, 1)
    assert not any(each.startswith("foresee") for each in line.app.asked)


def test_what_is_not_known_is_told_as_a_warning(line: WritableLine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Foreseeing, "says", DOUBT)
    ran = line.run(*TAKE, "--dry-run")
    assert (ran.code, "would change: revoke" in ran.out) == (0, True)
    assert "WARNING: Whether it will be refused is not known." in ran.out


def test_where_it_can_not_be_looked_up_that_is_told(line: WritableLine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Foreseeing, "says", MissingPermission("not allowed to list", permission="members.read"))
    ran = line.run(*TAKE, "--dry-run")
    assert (ran.code, "would change: revoke" in ran.out) == (0, True)
    assert "what the application would refuse of it could not be looked up: not allowed to list" in ran.out


@pytest.mark.parametrize(
    "gives",
    [
        (),
        (None, None),
        ("no",),
        (Outcome(outcome=OutcomeKind.ALREADY, reason="it is so"),),
        (Outcome(outcome=OutcomeKind.REFUSED),),
        [None],
    ],
)
def test_an_answer_of_another_form_is_an_error_of_the_connector(
    line: WritableLine, monkeypatch: pytest.MonkeyPatch, gives: object
) -> None:
    monkeypatch.setattr(Foreseeing, "gives", gives)
    ran = line.run(*TAKE, "--dry-run")
    assert (ran.code, "failed in foresee" in ran.err) == (70, True)


class TestPermissions:
    """A connector's own check says what the credentials are not enough for."""

    GRANT = ("grant", "acme", "group:g2/member", "user:u2")

    @pytest.fixture
    def line(self, line: WritableLine) -> WritableLine:
        line.app.statuses = (CapabilityStatus(capability="grant", available=False, missing=("groups.write",)),)
        return line

    def test_a_dry_run_tells_it_with_the_exit_code_of_the_change(self, line: WritableLine) -> None:
        ran = line.run(*self.GRANT, "--dry-run")
        assert (ran.code, line.app.writes) == (4, [])
        assert "would fail: grant Sales member (group:g2/member) to Bob" in ran.out
        assert (
            "the credentials don't allow it, by the connector's check (missing: groups.write) [missing_permission]"
            in ran.out
        )

    def test_a_plan_asks_nothing_of_it_since_others_may_apply_it(self, line: WritableLine) -> None:
        """Planned on credentials that only read, applied on those that write."""
        asked = ("--grant", *self.GRANT[2:], "--revoke", "group:g1/member", "user:u1")
        ran = line.run("plan", "acme", *asked, "-o", "p", "--output", "json")
        assert [each["outcome"] for each in ran.json()["changes"]] == ["changed", "changed"]
        assert "check" not in line.app.asked
        assert line.run("apply", "p", "--confirm", "revoke=1").code == 0

    @pytest.mark.parametrize("available", [True, None])
    def test_what_is_available_or_not_known_is_foretold_as_before(
        self, line: WritableLine, available: bool | None
    ) -> None:
        line.app.statuses = (CapabilityStatus(capability="grant", available=available),)
        assert line.run(*self.GRANT, "--dry-run").code == 0
        line.app.statuses = ()
        assert line.run(*self.GRANT, "--dry-run").code == 0

    def test_what_is_so_already_is_not_asked_about(self, line: WritableLine) -> None:
        assert line.run("grant", "acme", "group:g1/member", "user:u1", "--dry-run").code == 0
        assert "check" not in line.app.asked

    def test_a_change_that_is_made_asks_the_application_itself(self, line: WritableLine) -> None:
        assert line.run(*self.GRANT).code == 0
        assert "check" not in line.app.asked
