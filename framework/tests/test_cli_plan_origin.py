"""Plan files that were altered or made elsewhere: nothing in them is taken at its word, and ``--yes`` is not enough."""

import csv
import json
from pathlib import Path
from typing import Any

import pytest

from jackfield_contracts import AccountStatus, DeleteAccount, GrantAccess

from .tampering import altered
from .test_cli_changes import on_terminal, write
from .writable import WritableLine, held


@pytest.fixture
def line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> WritableLine:
    return WritableLine(tmp_path, monkeypatch, capsys)


LETTER = "action,send_mail,,,a@x"
HEADING = "kind,name,entitlement,principal,arg.to,account"


def planned(line: WritableLine, *rows: str) -> Path:
    """A plan of *rows*, a letter if there are none."""
    ran = line.run("plan", "acme", write(line, *(rows or (LETTER,)), heading=HEADING), "-o", "p")
    assert ran.code == 0, ran.err
    return line.folder / "p"


def delete_u1(plan: dict[str, Any]) -> None:
    """What the editor would have made in place of the letter, as if it were the letter."""
    plan["changes"][0]["change"] = {"kind": "delete_account", "account": {"type": "user", "id": "u1"}}
    account = {"type": "user", "id": "u1"}
    plan["changes"][0]["before"] = {
        "exists": True,
        "account": account,
        "status": "enabled",
        "status_raw": "enabled",
        "login": "ann@example.com",
    }
    plan["changes"][0]["kinds"] = []


def make_u1_admin(plan: dict[str, Any]) -> None:
    delete_u1(plan)
    role = {"resource": {"type": "role", "id": "r2"}, "slug": "member"}
    plan["changes"][0]["change"] = {
        "kind": "grant",
        "entitlement": role,
        "principal": {"type": "user", "id": "u1"},
    }


class TestAltered:
    @pytest.mark.parametrize(
        ("change", "title"),
        [
            (delete_u1, "delete the account Ann <ann@example.com>"),
            (make_u1_admin, "grant Team admin member (role:r2/member) to Ann <ann@example.com>"),
        ],
    )
    @pytest.mark.parametrize("yes", [(), ("--yes",)])
    def test_what_would_be_made_is_told_by_its_own_name(
        self, line: WritableLine, change: Any, title: str, yes: tuple[str, ...]
    ):
        altered(planned(line), change)
        shown = line.run("apply", "p", "--dry-run")
        assert f"would change: {title}" in shown.out
        assert "altered after it was made here" in shown.err
        ran = line.run("apply", "p", *yes)
        assert (ran.code, ran.out, line.app.writes) == (2, "", [])
        assert f"to {title}: this asks for confirmation, since it was altered" in ran.err
        assert "--confirm" in ran.err
        assert line.run("changes", "list", "--output", "json").json()["changes"] == []

    def test_how_many_of_each_kind_are_meant_can_be_said_without_a_terminal(self, line: WritableLine):
        altered(planned(line), delete_u1)
        for wrong, code in (("disable=1", 14), ("delete=2", 14), ("delete=0", 14)):
            ran = line.run("apply", "p", "--yes", "--confirm", wrong)
            assert (ran.code, line.app.writes) == (code, [])
        ran = line.run("apply", "p", "--confirm", "delete=1", "--output", "json")
        assert (ran.code, len(line.app.writes)) == (0, 1)
        (made,) = ran.json()["changes"]
        assert (made["kind"], made["title"]) == ("delete_account", "delete the account Ann <ann@example.com>")
        shown = line.run("changes", "show", made["change"]).out
        assert "delete the account Ann" in shown

    def test_an_effect_is_to_be_confirmed_too(self, line: WritableLine):
        planned(line, "disable_account,,,,,user:u1")
        file = line.folder / "p"
        altered(file, lambda plan: plan["changes"][0].update(effects=[], title="disable_user Ann"))
        ran = line.run("apply", "p", "--yes", "--confirm", "disable=1")
        assert (ran.code, line.app.writes) == (2, [])
        assert "--confirm 'wipes devices'=1" in ran.err
        assert line.run("apply", "p", "--confirm", "disable=1", "--confirm", "wipes devices=1").code == 0
        assert line.app.people["u1"].status is AccountStatus.DISABLED

    def test_each_change_is_asked_about_on_a_terminal(self, line: WritableLine, monkeypatch: pytest.MonkeyPatch):
        altered(planned(line), delete_u1)
        code, screen = on_terminal(lambda: line.code("apply", "p", "--yes"), b"n\n", monkeypatch)
        assert (code, line.app.writes) == (130, [])
        assert "1 of 1: delete the account Ann <ann@example.com>? [y/N]" in screen
        code, screen = on_terminal(lambda: line.code("apply", "p", "--yes"), b"y\ny\n", monkeypatch)
        assert code == 0, screen
        assert isinstance(line.app.writes[0], DeleteAccount)

    def test_what_nobody_is_asked_about_is_told_as_what_it_is(self, line: WritableLine):
        def joined(plan: dict[str, Any]) -> None:
            make_u1_admin(plan)
            group = {"resource": {"type": "group", "id": "g2"}, "slug": "member"}
            plan["changes"][0]["change"]["entitlement"] = group

        altered(planned(line), joined)
        ran = line.run("apply", "p", "--yes")
        assert (ran.code, isinstance(line.app.writes[0], GrantAccess)) == (0, True)
        assert "changed: grant Sales member (group:g2/member) to Ann <ann@example.com>" in ran.out

    def test_whatever_it_holds_is_asked_about_once(self, line: WritableLine, monkeypatch: pytest.MonkeyPatch):
        altered(planned(line), lambda plan: plan["changes"][0]["change"]["arguments"].update(to=["mallory@x"]))
        code, screen = on_terminal(lambda: line.code("apply", "p"), b"n\n", monkeypatch)
        assert (code, line.app.writes, screen.count("[y/N]")) == (130, [], 1)

    def test_nothing_in_it_is_made_without_a_question(self, line: WritableLine):
        altered(planned(line), lambda plan: plan["changes"][0]["change"]["arguments"].update(to=["mallory@x"]))
        ran = line.run("apply", "p")
        assert (ran.code, ran.out, line.app.writes) == (2, "", [])
        assert "this asks for confirmation, since it was altered after it was made here" in ran.err
        assert "say --yes." in ran.err
        assert line.run("apply", "p", "--confirm", "action=2").code == 14
        assert line.run("apply", "p", "--yes").code == 0
        assert len(line.app.writes) == 1

    def test_the_harmless_beside_what_was_confirmed_is_asked_about_too(self, line: WritableLine):
        file = planned(line, LETTER, LETTER.replace("a@x", "b@x"))
        altered(file, delete_u1)
        for said in (["--confirm", "delete=1"], ["--yes"]):
            ran = line.run("apply", "p", *said)
            assert (ran.code, line.app.writes) == (2, [])
            assert "say --confirm delete=1 and --yes for the rest" in ran.err
        ran = line.run("apply", "p", "--confirm", "delete=1", "--yes")
        assert (ran.code, len(line.app.writes)) == (0, 2)

    def test_a_file_can_not_write_over_another_change_of_the_journal(self, line: WritableLine):
        made = line.run("grant", "acme", "group:g2/member", "user:u1", "--output", "json").json()
        before = line.run("changes", "show", made["change"], "--output", "json").json()

        def taken(plan: dict[str, Any]) -> None:
            plan["id"], plan["changes"][0]["id"] = made["plan"], made["change"]

        altered(planned(line), taken)
        ran = line.run("apply", "p", "--yes", "--output", "json")
        assert (ran.code, ran.json()["changes"][0]["outcome"]) == (0, "changed")
        assert line.run("changes", "show", made["change"], "--output", "json").json() == before

    def test_two_changes_under_one_id_are_two(self, line: WritableLine):
        file = planned(line, LETTER, "action,send_mail,,,b@x")
        altered(file, lambda plan: plan["changes"][1].update(id=plan["changes"][0]["id"]))
        assert line.run("apply", "p", "--yes", "--output", "json").json()["outcomes"] == {"changed": 2}
        assert len(line.app.writes) == 2

    def test_the_account_of_an_action_is_the_one_that_its_argument_names(self, line: WritableLine):
        planned(line, "disable_account,,,,,user:u1")
        file = line.folder / "p"
        for name in ("bob@example.com", "nobody@example.com"):
            altered(file, lambda plan, name=name: plan["changes"][0]["change"]["arguments"].update(user_id=name))
            ran = line.run("apply", "p", "--yes", "--confirm", "disable=1", "--confirm", "wipes devices=1")
            assert (ran.code, line.app.writes) == (14, [])
            ran = line.run("apply", "p", "--yes", "--output", "json")
            assert (ran.code, ran.json()["changes"][0]["tag"], line.app.writes) == (14, "drifted", [])
        assert "nobody is 'nobody@example.com' by now" in ran.json()["changes"][0]["reason"]

    def test_an_argument_that_is_nothing_is_as_if_left_out(self, line: WritableLine):
        """Found by the sweep: the title said nothing of it, and the connector wiped by its own default."""
        planned(line, "disable_account,,,,,user:u1")
        altered(line.folder / "p", lambda plan: plan["changes"][0]["change"]["arguments"].update(wipe_data=None))
        assert "disable_user Ann <ann@example.com>: wipes devices" in line.run("apply", "p", "--dry-run").out
        assert line.run("apply", "p", "--yes", "--confirm", "disable=1").code == 2
        assert line.app.writes == []
        assert line.run("apply", "p", "--confirm", "disable=1", "--confirm", "wipes devices=1").code == 0
        (change,) = line.app.writes
        assert change.arguments["wipe_data"] is True  # type: ignore[attr-defined]

    @pytest.mark.parametrize(
        "content",
        [
            lambda text: text.replace('"title"', '"title": "send a letter", "title"', 1),
            lambda text: text.replace('"plan": {', '"plan": {"tenants": 1, ', 1),
            lambda text: text.replace('"format"', '"more": 1, "format"', 1),
            lambda text: text.replace("send_mail", "disable_user"),
        ],
        ids=["a key twice", "a key more", "a key more beside", "the digest of before"],
    )
    def test_what_is_no_plan_as_it_was_written_is_refused_whole(self, line: WritableLine, content: Any):
        file = planned(line)
        file.write_text(content(file.read_text()))
        ran = line.run("apply", "p", "--yes")
        assert (ran.code, ran.out, line.app.writes) in ((14, "", []), (2, "", []))

    def test_what_would_not_be_read_is_refused_also_with_its_digest(self, line: WritableLine):
        file = planned(line)
        altered(file, lambda plan: plan["changes"][0].update(note="harmless"))
        ran = line.run("apply", "p", "--yes")
        assert (ran.code, line.app.writes) == (14, [])
        assert "no plan of this one has" in ran.err

    @pytest.mark.parametrize("more", [None, False, "", [], {}])
    def test_what_says_nothing_was_written_by_somebody_all_the_same(self, line: WritableLine, more: object):
        file = planned(line, "revoke,,group:g1/member,user:u1,,")
        altered(file, lambda plan: plan["changes"][0].update(note=more))
        ran = line.run("apply", "p", "--yes")
        assert (ran.code, line.app.writes) == (2, [])
        assert "it was altered" in ran.err


class TestElsewhere:
    def test_a_plan_of_another_home_is_asked_about(self, line: WritableLine, monkeypatch: pytest.MonkeyPatch):
        planned(line, "revoke,,group:g1/member,user:u1,,")
        monkeypatch.setenv("JACKFIELD_HOME", str(line.folder / "another home"))
        ran = line.run("apply", "p", "--yes")
        assert (ran.code, line.app.writes) == (2, [])
        assert "it was not made here" in ran.err
        assert line.run("apply", "p", "--confirm", "revoke=1").code == 0
        writes = len(line.app.writes)
        again = line.run("apply", "p", "--yes", "--output", "json")
        assert (again.code, again.json()["outcomes"], len(line.app.writes)) == (0, {"already": 1}, writes)

    def test_a_plan_of_this_home_is_not(self, line: WritableLine):
        planned(line, "revoke,,group:g1/member,user:u1,,")
        ran = line.run("apply", "p", "--yes")
        assert (ran.code, ran.err) == (0, "")

    def test_another_form_of_the_same_plan_is_the_same(self, line: WritableLine):
        file = planned(line, "revoke,,group:g1/member,user:u1,,")
        file.write_text(json.dumps(json.loads(file.read_text())))
        assert line.run("apply", "p", "--yes").code == 0


def test_a_rehearsal_is_told_from_what_was_made(line: WritableLine):
    planned(line, "grant,,group:g2/member,user:u1,,")
    plan = ("plan", "acme", "--grant", "group:g2/member", "user:u1")
    for command, dry in ((plan, "yes"), (("apply", "p", "--dry-run"), "yes"), (("apply", "p", "--yes"), "no")):
        ran = line.run(*command, "--output", "csv")
        (made,) = csv.DictReader(ran.out.splitlines())
        assert (ran.code, made["outcome"], made["dry_run"]) == (0, "changed", dry)


def test_a_plan_that_is_only_shown_ends_as_it_foretells(line: WritableLine):
    asked = ("plan", "acme", "--revoke", "group:g1/member", "user:nobody", "--grant", "role:r2/member", "user:u2")
    ran = line.run(*asked, "--dry-run")
    assert (ran.code, "would be refused" in ran.out) == (5, True)
    assert "say --replace, or true in the column replace of a file" in ran.out
    assert line.run(*asked).code == 0


def test_a_role_that_became_privileged_since_is_asked_about(line: WritableLine):
    """The kinds are those of now, also of a plan that was made here."""
    planned(line, "grant,,group:g2/member,user:u1,,")
    line.app.privileged.add("g2")
    ran = line.run("apply", "p")
    assert (ran.code, line.app.writes) == (2, [])
    assert line.run("apply", "p", "--yes").code == 0
    assert held("group:g2/member", "u1") in line.app.held
