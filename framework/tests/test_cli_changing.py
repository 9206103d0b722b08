"""``grant`` and ``revoke``: one change, told in a sentence or as one object, and whom a name means."""

from pathlib import Path

import pytest

from jackfield.errors import Transient
from jackfield_contracts import Outcome, OutcomeKind

from .writable import WritableLine, held


@pytest.fixture
def line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> WritableLine:
    return WritableLine(tmp_path, monkeypatch, capsys)


KEYS = [
    *("change", "kind", "outcome", "reason", "tag", "retryable", "confirmed_by", "state", "request_ids", "title"),
]


class TestGrant:
    def test_a_grant_is_told_in_a_sentence(self, line: WritableLine):
        ran = line.run("grant", "acme", "group:g2/owner", "user:u1")
        assert (ran.code, ran.err) == (0, "")
        assert ran.out == "changed: grant Sales owner (group:g2/owner) to Ann <ann@example.com> (confirmed by a read)\n"
        assert held("group:g2/owner", "u1") in line.app.held

    def test_programs_get_one_object(self, line: WritableLine):
        ran = line.run("grant", "acme", "group:g2/owner", "ann@example.com", "--output", "json")
        found = ran.json()
        assert ran.out.count("\n") == 1
        assert list(found)[: len(KEYS)] == KEYS
        assert (found["kind"], found["outcome"], found["confirmed_by"]) == ("grant", "changed", "read")
        assert (found["reason"], found["tag"], found["retryable"]) == (None, None, False)
        assert found["state"]["held"] == ["group:g2/owner"]
        assert found["request_ids"] == ["w1", "r1"]
        assert found["plan"] in found["change"]

    def test_somebody_who_is_not_there_is_told_with_who_is_near(self, line: WritableLine):
        line.published()
        ran = line.run("grant", "acme", "group:g2/owner", "Anm")
        assert (ran.code, "Did you mean 'Ann'?" in ran.err) == (5, True)

    def test_twice_is_already_and_nothing_is_written_again(self, line: WritableLine):
        line.run("grant", "acme", "group:g2/owner", "user:u1")
        ran = line.run("grant", "acme", "group:g2/owner", "user:u1", "--output", "json")
        assert (ran.code, ran.json()["outcome"]) == (0, "already")
        assert len(line.app.writes) == 1

    def test_what_excludes_another_needs_replace(self, line: WritableLine):
        ran = line.run("grant", "acme", "role:r2/member", "user:u2", "--yes", "--output", "json")
        assert (ran.code, ran.json()["outcome"], ran.json()["tag"]) == (5, "refused", "needs_replace")
        assert line.app.writes == []
        ran = line.run("grant", "acme", "role:r2/member", "user:u2", "--yes", "--replace")
        assert ran.code == 0
        assert held("role:r1/member", "u2") not in line.app.held

    def test_a_privileged_grant_asks(self, line: WritableLine):
        ran = line.run("grant", "acme", "role:r1/member", "user:u1")
        assert (ran.code, ran.out, line.app.writes) == (2, "", [])
        assert "--yes" in ran.err
        assert line.run("grant", "acme", "role:r1/member", "user:u1", "--yes").code == 0

    def test_a_dry_run_tells_what_would_become_of_it_and_writes_nothing(self, line: WritableLine):
        ran = line.run("grant", "acme", "group:g1/owner", "user:u1", "--dry-run")
        assert ran.code == 0
        assert ran.out.startswith("would change: grant Design owner (group:g1/owner) to Ann")
        assert "takes the place of Design member (group:g1/member)" in ran.out
        found = line.run("grant", "acme", "group:g1/owner", "user:u1", "--dry-run", "--output", "json").json()
        assert list(found)[: len(KEYS)] == KEYS
        assert (found["dry_run"], found["outcome"], found["state"]["held"]) == (True, "changed", ["group:g1/member"])
        assert (line.app.writes, line.run("changes", "list", "--output", "json").json()["changes"]) == ([], [])

    def test_a_dry_run_has_the_exit_code_of_what_would_become_of_it(self, line: WritableLine):
        ran = line.run("grant", "acme", "group:gone/member", "user:u1", "--dry-run")
        assert ran.code == 5
        assert ran.out.startswith("would be refused: ")

    def test_changes_must_be_enabled(self, line: WritableLine):
        line.configure()
        ran = line.run("grant", "acme", "group:g2/owner", "user:u1")
        assert (ran.code, ran.out, line.app.writes) == (7, "", [])
        assert "provisioning = true" in ran.err
        assert line.run("grant", "acme", "group:g2/owner", "user:u1", "--dry-run").code == 0
        assert line.run("grant", "acme", "group:g2/owner", "user:u1", "--provisioning").code == 0

    def test_a_connection_that_is_read_only_stays_so(self, line: WritableLine):
        line.configure(read_only=True, provisioning=True)
        assert line.run("grant", "acme", "group:g2/owner", "user:u1", "--provisioning").code == 7
        ran = line.run("grant", "acme", "group:g2/owner", "user:u1", "--dry-run")
        assert (ran.code, "read-only" in ran.err) == (7, True)
        assert line.run("plan", "acme", "--grant", "group:g2/owner", "user:u1", "-o", "p").code == 0
        assert line.run("apply", "p", "--dry-run").code == 7

    def test_a_kind_that_does_not_exist_is_told_by_a_check_and_where_it_is_confirmed(self, line: WritableLine):
        line.configure(provisioning=True)
        assert line.run("plan", "acme", "--revoke", "group:g1/member", "user:u1", "-o", "p").code == 0
        ran = line.run("apply", "p", "--confirm", "revok=1")
        assert (ran.code, "Did you mean 'revoke'?" in ran.err, line.app.writes) == (2, True, [])
        line.config.write_text(line.config.read_text() + "limits = { delet = 1 }\n")
        ran = line.run("check", "acme")
        assert (ran.code, "Did you mean 'delete'?" in ran.err, ran.out) == (2, True, "")
        assert "connections.acme.limits" in ran.err

    def test_a_reason_may_be_required_and_is_kept_with_the_actor(self, line: WritableLine):
        line.configure(provisioning=True, require_reason=True)
        assert line.run("grant", "acme", "group:g2/owner", "user:u1").code == 2
        change = line.run(
            "grant", "acme", "group:g2/owner", "user:u1", "--reason", "she leads it", "--output", "json"
        ).json()["change"]
        found = line.run("changes", "show", change, "--output", "json").json()
        assert (found["why"], found["actor"]) == ("she leads it", "tester")

    def test_each_change_of_a_plan_may_have_its_own(self, line: WritableLine):
        line.configure(provisioning=True, require_reason=True)
        heading = "kind,entitlement,principal,reason"
        file = line.folder / "asked.csv"
        file.write_text(f"{heading}\ngrant,group:g2/owner,user:u1,she leads it\nrevoke,group:g1/member,user:u1,\n")
        made = line.run("plan", "acme", str(file), "-o", "p", "--output", "json").json()["changes"]
        assert [each.get("why") for each in made] == ["she leads it", None]
        assert line.run("apply", "p", "--yes").code == 2
        assert line.run("apply", "p", "--yes", "--reason", "reviewed").code == 0
        listed = line.run("changes", "list", "--output", "json").json()["changes"]
        assert {each["title"].partition(" ")[0]: each["why"] for each in listed} == {
            "grant": "she leads it",
            "revoke": "reviewed",
        }
        file.write_text(f"{heading}\nrevoke,group:g2/owner,user:u1,she left\n")
        assert line.run("plan", "acme", str(file), "-o", "q").code == 0
        assert "because: she left" in line.run("apply", "q", "--dry-run").out
        assert line.run("apply", "q", "--yes").code == 0

    @pytest.mark.parametrize(
        ("outcome", "code"),
        [
            (Outcome(outcome=OutcomeKind.REFUSED, tag="no", reason="it may not"), 5),
            (Outcome(outcome=OutcomeKind.FAILED, tag="odd", reason="it broke"), 12),
            (Outcome(outcome=OutcomeKind.FAILED, tag="busy", reason="it was busy", retryable=True), 75),
            (Outcome(outcome=OutcomeKind.PENDING, job="j1"), 10),
        ],
    )
    def test_each_outcome_has_its_exit_code_and_prints_its_object(
        self, line: WritableLine, outcome: Outcome, code: int
    ):
        line.app.answer = lambda: outcome
        line.app.jobs["j1"] = outcome
        ran = line.run("grant", "acme", "group:g2/owner", "user:u1", "--wait", "0", "--output", "json")
        assert (ran.code, ran.json()["outcome"], ran.json()["tag"]) == (code, outcome.outcome.value, outcome.tag)
        assert ran.json()["retryable"] is outcome.retryable
        if outcome.job:
            assert ran.json()["job"] == "j1"

    def test_text_of_the_application_can_not_drive_a_terminal(self, line: WritableLine):
        line.app.names["group"]["g2"] = "Sales\x1b[2J\nchanged: all"
        line.app.answer = lambda: Outcome(
            outcome=OutcomeKind.REFUSED, reason="no\x1b]0;x\x07\nchanged: yes", tag="t\x1b"
        )
        for output in ("table",):
            ran = line.run("grant", "acme", "group:g2/owner", "user:u1", "--output", output)
            assert ran.code == 5
            assert ran.out.count("\n") == 1
            assert "\x1b" not in ran.out

    def test_an_option_that_is_no_limit_is_wrong_usage(self, line: WritableLine):
        for text in ("revoke", "revoke=", "revoke=-1", "=3", "revoke=many"):
            assert line.run("grant", "acme", "group:g2/owner", "user:u1", "--limit", text).code == 2
        ran = line.run("grant", "acme", "group:g2/owner", "user:u1", "--limit", "revok=3")
        assert (ran.code, "Did you mean 'revoke'?" in ran.err, line.app.writes) == (2, True, [])

    def test_a_limit_that_is_used_up_refuses_and_names_the_option(self, line: WritableLine):
        ran = line.run("grant", "acme", "group:g2/owner", "user:u1", "--limit", "grant=0", "--output", "json")
        assert (ran.code, ran.json()["tag"], line.app.writes) == (5, "limit", [])
        assert "--limit grant=1" in ran.json()["reason"]


class TestNames:
    @pytest.fixture
    def line(self, line: WritableLine) -> WritableLine:
        line.published()
        return line

    @pytest.mark.parametrize(
        "entitlement",
        ["group:g1/owner", "g1/owner", "Design/owner", "design/owner", "group:Design/owner"],
    )
    @pytest.mark.parametrize("principal", ["user:u2", "u2", "bob@example.com", "BOB@example.com", "Bob"])
    def test_ids_names_and_e_mails_mean_the_same(self, line: WritableLine, entitlement: str, principal: str):
        ran = line.run("grant", "acme", entitlement, principal)
        assert (ran.code, ran.err) == (0, "")
        assert held("group:g1/owner", "u2") in line.app.held

    def test_a_name_may_hold_what_ids_may_not(self, line: WritableLine):
        for text in ("R&D/Europe/member", "group:R&D/Europe/member", "group:g:3/member"):
            assert line.run("grant", "acme", text, "Ann").code == 0
        assert held("group:g:3/member", "u1") in line.app.held
        assert line.run("grant", "acme", "role:User management/member", "Ann", "--yes").code == 0
        assert held("role:r1/member", "u1") in line.app.held

    def test_an_ambiguous_name_lists_the_candidates_and_does_nothing(self, line: WritableLine):
        ran = line.run("grant", "acme", "Design/owner", "Twin")
        assert (ran.code, ran.out, line.app.writes) == (2, "", [])
        assert "user:u3 (Twin, twin.one@example.com), user:u4 (Twin, twin.two@example.com)" in ran.err

    def test_an_identifier_means_itself_also_where_it_is_the_name_of_another(self, line: WritableLine):
        line.app.names["group"]["g2"] = "new"
        line.published()
        line.app.names["group"]["new"] = "Just made"
        assert line.run("grant", "acme", "group:new/member", "Ann").code == 0
        assert held("group:new/member", "u1") in line.app.held
        assert held("group:g2/member", "u1") not in line.app.held

    def test_what_came_after_the_snapshot_is_found_by_id_and_e_mail(self, line: WritableLine):
        line.app.people["u9"] = line.app.people["u1"].__class__(name="Eve", email="eve@example.com")
        line.app.names["group"]["g9"] = "New"
        for text in ("user:u9", "eve@example.com", "u9"):
            assert line.run("grant", "acme", "group:g9/member", text).code == 0
        ran = line.run("grant", "acme", "group:g9/member", "Eve")
        assert (ran.code, "there is nobody 'Eve'" in ran.err) == (5, True)

    def test_an_address_means_who_has_it_now(self, line: WritableLine):
        line.app.people["u1"].email = "moved@example.com"
        line.app.people["u2"].email = "ann@example.com"
        assert line.run("grant", "acme", "group:g2/member", "ann@example.com").code == 0
        assert held("group:g2/member", "u2") in line.app.held
        assert held("group:g2/member", "u1") not in line.app.held

    def test_a_wait_that_never_ends_by_being_no_number_is_refused(self, line: WritableLine):
        assert line.run("grant", "acme", "group:g2/member", "u1", "--wait", "nan").code == 2
        assert line.app.writes == []

    def test_a_damaged_snapshot_stands_in_the_way_of_names_only(self, line: WritableLine):
        (file,) = (line.home / "snapshots" / "acme").glob("*.sqlite")
        file.write_bytes(b"nothing of the kind")
        assert line.run("grant", "acme", "group:g1/owner", "bob@example.com").code == 0
        assert line.run("grant", "acme", "Design/owner", "user:u2").code == 12

    def test_what_is_no_unicode_is_told(self, line: WritableLine):
        for arguments in (("group:g1/owner", "\udcff"), ("\udcff/owner", "Ann"), ("group:\udcff/owner", "Ann")):
            assert line.run("grant", "acme", *arguments).code == 2
        assert line.run("grant", "acme", "group:g1/owner", "Ann", "--reason", "\udcff").code == 2
        assert line.run("account", "create", "acme", "email=\udcff").code == 2
        assert line.run("account", "create", "acme", "email=a", "groups=a", "groups=\udcff").code == 2

    def test_what_is_no_entitlement_is_told_with_the_form(self, line: WritableLine):
        for text in ("Design", "Design/", "/member", "Design/Mem ber", ""):
            ran = line.run("grant", "acme", text, "Ann")
            assert (ran.code, line.app.writes) == (2, [])
            assert "group:7/owner" in ran.err or "needs an entitlement" in ran.err

    def test_without_a_snapshot_names_are_told_to_need_one(self, line: WritableLine):
        for file in (line.home / "snapshots" / "acme").glob("*"):
            file.unlink()
        (line.home / "state.db").unlink()
        ran = line.run("grant", "acme", "Design/owner", "Ann")
        assert ran.code == 5
        assert "there is no snapshot of 'acme' yet" in ran.err
        assert "jackfield sync acme" in ran.err
        ran = line.run("grant", "acme", "group:g1/owner", "Ann")
        assert (ran.code, "jackfield sync acme" in ran.err) == (5, True)
        ran = line.run("grant", "acme", "role:User management/member", "ann@example.com", "--yes")
        assert (ran.code, "there is no snapshot of 'acme' yet" in ran.err) == (5, True)
        line.app.names["group"]["with space"] = "X"
        assert line.run("grant", "acme", "group:with space/owner", "ann@example.com").code == 0
        assert line.run("grant", "acme", "group:g1/owner", "ann@example.com").code == 0


class TestRevoke:
    def test_it_asks_for_confirmation_and_needs_yes_without_a_terminal(self, line: WritableLine):
        ran = line.run("revoke", "acme", "group:g1/member", "user:u1")
        assert (ran.code, ran.out, line.app.writes) == (2, "", [])
        assert (
            "to revoke Design member (group:g1/member) from Ann <ann@example.com>: this asks for confirmation"
            in ran.err
        )
        assert "--yes" in ran.err
        assert line.run("changes", "list", "--output", "json").json()["changes"] == []
        ran = line.run("revoke", "acme", "group:g1/member", "user:u1", "--yes")
        assert (ran.code, ran.out.startswith("changed: revoke")) == (0, True)

    def test_what_is_so_already_asks_nothing(self, line: WritableLine):
        ran = line.run("revoke", "acme", "group:g2/member", "user:u1")
        assert ran.code == 0
        assert ran.out.startswith("already: ")
        assert "nothing else of the kind is held either" in ran.out

    def test_another_one_that_is_held_is_named_and_stays(self, line: WritableLine):
        ran = line.run("revoke", "acme", "role:r2/member", "user:u2", "--yes")
        assert ran.code == 0
        assert "User management member (role:r1/member) is held instead, and stays" in ran.out
        assert line.app.writes == []

    def test_a_read_that_contradicts_is_unverified(self, line: WritableLine, monkeypatch: pytest.MonkeyPatch):
        monkeypatch.setattr("jackfield.changes.confirm.READS_FOR", 0.3)
        line.app.answer = lambda: Outcome(outcome=OutcomeKind.CHANGED)
        ran = line.run("revoke", "acme", "group:g1/member", "user:u1", "--yes", "--output", "json")
        assert (ran.code, ran.json()["outcome"]) == (11, "unverified")
        assert ran.json()["state"]["held"] == ["group:g1/member"]


def test_a_lost_answer_is_looked_up_and_told_as_changed(line: WritableLine):
    def lose() -> Outcome:
        line.app.held.add(held("group:g2/member", "u2"))
        raise Transient("the answer was lost")

    line.app.answer = lose
    ran = line.run("grant", "acme", "group:g2/member", "user:u2", "--output", "json")
    assert (ran.code, ran.json()["outcome"], len(line.app.writes)) == (0, "changed", 1)
