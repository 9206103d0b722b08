"""What is meant for one account is not done in another, however the connector tells which one it reaches."""

import json
from pathlib import Path

import pytest

from jackfield.errors import MissingPermission, Refused, Transient
from jackfield.state import open_state
from jackfield_contracts import Tenant

from .test_cli_journal import lost
from .writable import Telling, Writable, WritableLine

ONE, TWO = Tenant(id="t1", name="One"), Tenant(id="t2", name="Two")
GRANT = ("grant", "acme", "group:g2/member", "user:u1", "--output", "json")


@pytest.fixture(params=[Telling, Writable], ids=["by its hook", "by its check"])
def line(
    request: pytest.FixtureRequest,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> WritableLine:
    made = WritableLine(tmp_path, monkeypatch, capsys, request.param)
    made.app.tenant = ONE
    return made


@pytest.fixture
def telling(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> WritableLine:
    made = WritableLine(tmp_path, monkeypatch, capsys, Telling)
    made.app.tenant = ONE
    return made


def tenants(line: WritableLine) -> list[str | None]:
    found = line.run("changes", "list", "--output", "json").json()["changes"]
    return [each["tenant"] for each in found]


def test_it_is_asked_once_and_kept_in_the_journal(line: WritableLine) -> None:
    line.published()
    line.app.asked.clear()
    assert line.run(*GRANT).code == 0
    assert len(line.app.asked) == 1
    assert tenants(line) == ["t1"]


def test_without_a_snapshot_the_journal_tells_whose_account_it_was(line: WritableLine) -> None:
    assert line.run(*GRANT, "--accept-tenant", "t1").code == 0
    line.app.tenant = TWO
    line.app.writes.clear()
    ran = line.run("account", "create", "acme", "email=new@example.com", "--output", "json")
    assert (ran.code, ran.json()["tag"], line.app.writes) == (2, "other_tenant", [])
    assert line.run("check", "acme").code == 2
    assert line.run("account", "create", "acme", "email=new@example.com", "--accept-tenant", "t2").code == 0
    assert line.run(*GRANT).code == 0, "what was accepted last counts"


def test_another_account_is_refused_before_anything_else(line: WritableLine) -> None:
    line.published()
    line.app.tenant = TWO
    ran = line.run(*GRANT)
    assert (ran.code, ran.json()["tag"], ran.json()["outcome"]) == (2, "other_tenant", "refused")
    assert "reaches Two (t2), its snapshots and changes are of t1" in ran.err
    assert "--accept-tenant t2" in ran.err
    assert (line.app.writes, line.app.reads) == ([], [])


def test_it_may_be_accepted_by_its_own_id_only(line: WritableLine) -> None:
    line.published()
    line.app.tenant = TWO
    ran = line.run(*GRANT, "--accept-tenant", "t1")
    assert (ran.code, line.app.writes) == (2, [])
    ran = line.run(*GRANT, "--accept-tenant", "t3")
    assert (ran.code, line.app.writes) == (2, [])
    assert line.run(*GRANT, "--accept-tenant", "t2").code == 0
    assert tenants(line) == ["t2"]
    line.app.tenant = ONE
    assert line.run(*GRANT, "--accept-tenant", "t2").code == 2


def test_names_of_another_account_mean_nothing_in_this_one(line: WritableLine) -> None:
    line.published()
    line.app.tenant = TWO
    ran = line.run("grant", "acme", "Sales/member", "user:u1", "--accept-tenant", "t2")
    assert "run `jackfield sync acme --accept-tenant t2` first" in ran.err
    assert "no snapshot of 'acme' of the account t2 yet" in ran.err
    assert (ran.code, line.app.writes) == (5, [])


def test_a_plan_is_for_its_account(line: WritableLine) -> None:
    line.published()
    given = ("--grant", "group:g2/member", "user:u1")
    assert line.run("plan", "acme", *given, "-o", "one.plan").code == 0
    assert json.loads((line.folder / "one.plan").read_text())["plan"]["tenant"] == "t1"
    line.app.tenant = TWO
    for more in ((), ("--dry-run",), ("--accept-tenant", "t2"), ("--accept-tenant", "t2", "--dry-run")):
        ran = line.run("apply", "one.plan", *more)
        assert (ran.code, line.app.writes) == (14, [])
        assert "the plan was made for the account t1" in ran.err
    assert line.run("plan", "acme", *given, "-o", "two.plan").code == 2
    assert not (line.folder / "two.plan").exists()
    assert line.run("plan", "acme", *given, "-o", "two.plan", "--accept-tenant", "t2").code == 0
    assert line.run("apply", "two.plan").code == 2
    assert line.run("apply", "two.plan", "--accept-tenant", "t2").code == 0
    line.app.tenant = ONE
    assert line.run("apply", "two.plan").code == 14


def test_what_another_account_left_undecided_is_not_settled_here(line: WritableLine) -> None:
    line.published()
    entry = lost(line, tenant="t2")
    assert line.run("grant", "acme", "group:g2/owner", "user:u2").code == 0
    ran = line.run("changes", "recover", "acme")
    assert ran.code == 2
    assert "asked of the account t2" in ran.err
    with open_state(line.home / "state.db") as state:
        assert [each.id for each in state.changes("acme", undecided=True)] == [entry.id]
    line.app.tenant = TWO
    assert line.run("changes", "recover", "acme", "--accept-tenant", "t2").code == 0
    with open_state(line.home / "state.db") as state:
        assert state.changes("acme", undecided=True) == []


class TestUnknown:
    @pytest.fixture(params=["missing", "refused", "none"])
    def dumb(self, request: pytest.FixtureRequest, telling: WritableLine) -> WritableLine:
        telling.published()
        telling.app.tenant = None
        telling.app.tenant_error = {
            "missing": MissingPermission("not allowed to know", permission="team.read"),
            "refused": Refused("no", tag="no"),
            "none": None,
        }[request.param]
        return telling

    def test_what_writes_is_refused_where_the_snapshots_tell_of_one(self, dumb: WritableLine) -> None:
        ran = dumb.run(*GRANT)
        assert (ran.code, dumb.app.writes) == (4 if "team.read" in ran.err else 7, [])
        assert "its snapshots and changes are of t1" in ran.err
        assert "--accept-tenant t1" in ran.err

    def test_so_is_its_rehearsal(self, dumb: WritableLine) -> None:
        assert dumb.run(*GRANT, "--dry-run").code == dumb.run(*GRANT).code != 0

    def test_a_rehearsal_tells_what_the_person_vouches_for(self, dumb: WritableLine) -> None:
        ran = dumb.run(*GRANT[:-2], "--dry-run", "--accept-tenant", "t1")
        assert (ran.code, "WARNING: whose account the connection reaches is not known" in ran.out) == (0, True)
        told = dumb.run(*GRANT, "--dry-run", "--accept-tenant", "t1").json()["warnings"]
        assert "whose account the connection reaches is not known" in told[0]

    def test_a_plan_says_so(self, dumb: WritableLine) -> None:
        ran = dumb.run("plan", "acme", "--grant", "group:g2/member", "user:u1")
        assert (ran.code, "WARNING: whose account the connection reaches is not known" in ran.out) == (0, True)

    def test_a_person_may_vouch_for_that_one_only(self, dumb: WritableLine) -> None:
        assert dumb.run(*GRANT, "--accept-tenant", "t2").code in (4, 7)
        assert dumb.app.writes == []
        assert dumb.run(*GRANT, "--accept-tenant", "t1").code == 0
        assert tenants(dumb) == [None]

    def test_a_plan_of_a_known_account_is_not_applied_to_an_unknown_one(self, telling: WritableLine) -> None:
        assert telling.run("plan", "acme", "--grant", "group:g2/member", "user:u1", "-o", "a.plan").code == 0
        telling.app.tenant = None
        ran = telling.run("apply", "a.plan")
        assert (ran.code, "the plan is for t1" in ran.err, telling.app.writes) == (7, True, [])
        assert telling.run("apply", "a.plan", "--accept-tenant", "t1").code == 0

    def test_where_nothing_tells_of_any_it_is_no_obstacle(self, telling: WritableLine) -> None:
        telling.app.tenant = None
        telling.published()
        ran = telling.run(*GRANT)
        assert (ran.code, ran.err) == (0, "")
        telling.app.tenant_error = MissingPermission("not allowed to know", permission="team.read")
        ran = telling.run("revoke", "acme", "group:g2/member", "user:u1", "--yes")
        assert ran.code == 0
        assert "WARNING: whose account the connection reaches is not known: not allowed to know" in ran.err


def test_a_hook_that_fails_ends_the_command(telling: WritableLine, monkeypatch: pytest.MonkeyPatch) -> None:
    telling.published()
    telling.configure(provisioning=True, retry_deadline=0.2)
    telling.app.tenant_error = Transient("busy")
    ran = telling.run(*GRANT)
    assert (ran.code, telling.app.writes) == (75, [])


class TestSync:
    def test_a_move_begins_anew(self, line: WritableLine) -> None:
        first = line.published()
        line.app.tenant = TWO
        line.app.people.clear()
        line.app.held.clear()
        assert line.run("sync", "acme").code == 2
        ran = line.run("sync", "acme", "--accept-tenant", "t3")
        assert (ran.code, "--accept-tenant says t3" in ran.err) == (2, True)
        ran = line.run("sync", "acme", "--accept-tenant", "t2", "--output", "json")
        assert (ran.code, ran.json()["status"]) == (0, "published")
        runs = line.run("syncs", "acme", "--output", "json").json()["syncs"]
        assert (runs[0]["run"], runs[0]["base"], runs[-1]["run"]) == (ran.json()["run"], None, first)
        left = line.run("resources", "acme", "--output", "json").json()["resources"]
        assert not [each for each in left if each["type"] == "user"]
        assert line.run("sync", "acme").code == 0
        line.app.tenant = ONE
        assert line.run("sync", "acme").code == 2

    def test_no_row_of_another_account_is_carried_though_its_file_is_the_last_one_left(
        self, line: WritableLine
    ) -> None:
        line.published()
        line.app.tenant = TWO
        ran = line.run("sync", "acme", "--accept-tenant", "t2", "--output", "json")
        (line.home / "snapshots" / "acme" / f"{ran.json()['run']}.sqlite").unlink()
        ran = line.run("sync", "acme", "--output", "json")
        assert ran.code == 9  # nothing is left of this account that tells what it would lose
        assert line.run("syncs", "acme", "--output", "json").json()["syncs"][0]["base"] is None

    def test_an_account_that_nothing_tells_of_can_not_be_accepted(self, line: WritableLine) -> None:
        line.app.tenant = None
        ran = line.run("sync", "acme", "--accept-tenant", "t1")
        assert (ran.code, "nothing shows" in ran.err) == (2, True)
        assert line.run("stats", "acme").code == 5

    def test_a_held_snapshot_is_published_without_reading(self, line: WritableLine) -> None:
        assert line.run("sync", "acme", "--accept", "some-run", "--accept-tenant", "t1").code == 2


def test_check_tells_of_another_account(line: WritableLine) -> None:
    line.published()
    assert line.run("check", "acme").code == 0
    line.app.tenant = TWO
    ran = line.run("check", "acme", "--output", "json")
    assert (ran.code, ran.json()["tenant"]["id"], ran.json()["tenant_of_snapshots"]) == (2, "t2", "t1")
    assert "say `jackfield sync acme --accept-tenant t2`" in ran.err
    assert "its snapshots and changes are of t1" in ran.err
