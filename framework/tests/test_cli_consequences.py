"""What a change brings beside what is asked for is told before it is made and after: what is left, what ends, who is missing."""

import json
import sqlite3
from contextlib import closing
from pathlib import Path

import msgspec
import pytest

from jackfield_contracts import AccountStatus, Outcome, OutcomeKind

from .test_cli_changes import on_terminal
from .writable import ACTIONS, WritableLine, held

LEFT = "Sales member (group:g2/member) is left in its place"
STAYS = "Sales member (group:g2/member) is held in its place"
NOBODY = "nobody else holds Sales owner (group:g2/owner), by the snapshot of"
ENDS = "ends for good, of what the snapshot of"


@pytest.fixture
def line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> WritableLine:
    made = WritableLine(tmp_path, monkeypatch, capsys)
    made.app.demotes = True
    made.app.held |= {held("group:g2/owner", "u1"), held("group:g:3/owner", "u1"), held("group:g:3/owner", "u2")}
    made.app.actions = (
        msgspec.structs.replace(ACTIONS[0], ends=("group/owner",), acts_on=(AccountStatus.ENABLED,)),
        *ACTIONS[1:],
    )
    assert made.run("sync", "acme").code == 0
    return made


class TestARevocation:
    ASKED = ("revoke", "acme", "group:g2/owner", "user:u1")

    def test_a_dry_run_tells_what_is_left_and_that_nobody_else_owns_it(self, line: WritableLine):
        ran = line.run(*self.ASKED, "--dry-run")
        assert (ran.code, LEFT in ran.out, NOBODY in ran.out) == (0, True, True)
        found = line.run(*self.ASKED, "--dry-run", "--output", "json").json()
        assert (found["leaves"], LEFT in found["reason"]) == (["group:g2/member"], True)
        assert [NOBODY in each for each in found["consequences"]] == [True]
        assert found["consequences"][0] in found["warnings"]

    def test_whoever_is_to_say_yes_is_told(self, line: WritableLine):
        ran = line.run(*self.ASKED)
        assert (ran.code, LEFT in ran.err, NOBODY in ran.err, line.app.writes) == (2, True, True, [])

    def test_so_does_a_plan_its_result_and_the_journal(self, line: WritableLine):
        planned = line.run("plan", "acme", "--revoke", *self.ASKED[2:], "-o", "p")
        assert (LEFT in planned.out, NOBODY in planned.out) == (True, True)
        ran = line.run("apply", "p", "--yes", "--output", "json")
        (made,) = ran.json()["changes"]
        assert (made["outcome"], STAYS in made["reason"], NOBODY in ran.err) == ("changed", True, True)
        assert made["state"]["held"] == ["group:g2/member"]
        listed = line.run("changes", "list")
        assert (STAYS in listed.out, NOBODY in listed.out) == (True, True)
        (entry,) = line.run("changes", "list", "--output", "json").json()["changes"]
        assert (entry["leaves"], len(entry["consequences"])) == (["group:g2/member"], 1)

    def test_one_of_several_owners_leaves_it_owned(self, line: WritableLine):
        ran = line.run("revoke", "acme", "group:g:3/owner", "user:u2", "--dry-run")
        assert ("is left in its place" in ran.out, "nobody else" in ran.out) == (True, False)

    def test_all_owners_of_one_plan_count_together(self, line: WritableLine):
        both = [part for who in ("u1", "u2") for part in ("--revoke", "group:g:3/owner", f"user:{who}")]
        found = line.run("plan", "acme", *both, "--output", "json").json()["changes"]
        assert [any("nobody else holds" in told for told in each["consequences"]) for each in found] == [True, True]

    def test_what_leaves_nothing_says_nothing(self, line: WritableLine):
        ran = line.run("revoke", "acme", "group:g1/member", "user:u1", "--yes")
        assert ran.out.rstrip().endswith("(confirmed by a read)")

    def test_of_one_that_is_not_made_nothing_is_told(self, line: WritableLine):
        ran = line.run("revoke", "acme", "group:g2/owner", "user:u3", "--dry-run")
        assert (ran.code, "nobody else" in ran.out) == (0, False)


class TestDisabling:
    ASKED = ("account", "disable", "acme", "user:u1", "wipe_data=false")

    def test_what_ends_for_good_is_told_once_and_before(self, line: WritableLine):
        ran = line.run(*self.ASKED, "--dry-run")
        assert "Sales owner (group:g2/owner), R&D/Europe owner (group:g:3/owner)" in ran.out
        assert (ENDS in ran.out, NOBODY in ran.out) == (True, True)
        ran = line.run(*self.ASKED)
        assert (ran.code, ENDS in ran.err, line.app.writes) == (2, True, [])
        ran = line.run(*self.ASKED, "--yes")
        assert (ran.code, ran.err.count(ENDS), ran.out.count(ENDS)) == (0, 1, 0), "once"
        assert ENDS in line.run("changes", "list").out
        (entry,) = line.run("changes", "list", "--output", "json").json()["changes"]
        assert entry["ends"] == ["group:g2/owner", "group:g:3/owner"]

    def test_on_a_terminal_it_is_told_once_before_the_question(
        self, line: WritableLine, monkeypatch: pytest.MonkeyPatch
    ):
        code, screen = on_terminal(lambda: line.code(*self.ASKED), b"n\n", monkeypatch)
        assert (code, screen.count(ENDS), screen.index(ENDS) < screen.index("[y/N]")) == (130, 1, True)

    def test_an_altered_plan_file_says_no_less(self, line: WritableLine):
        asked = line.folder / "asked.jsonl"
        asked.write_text(json.dumps({"kind": "disable_account", "account": "user:u1"}) + "\n")
        assert ENDS in line.run("plan", "acme", str(asked), "-o", "p").out
        assert ENDS in line.run("apply", "p", "--dry-run").out

    def test_without_a_snapshot_it_is_unknown_which(self, line: WritableLine):
        for each in line.folder.rglob("*.sqlite"):
            each.unlink()
        ran = line.run(*self.ASKED, "--dry-run")
        assert "what the account holds of group/owner ends for good; which that is, no snapshot tells" in ran.out

    def test_where_the_snapshot_is_not_complete_nothing_is_told_as_whole(self, line: WritableLine):
        (file,) = line.folder.rglob("*.sqlite")
        with closing(sqlite3.connect(file)) as db:
            db.execute("UPDATE scope_row SET seal = 'partial'")
            db.execute("UPDATE header SET value = 0 WHERE key = 'complete'")
            db.commit()
        assert "nobody else" not in line.run("revoke", "acme", "group:g2/owner", "user:u1", "--dry-run").out
        told = line.run("account", "disable", "acme", "user:u3", "--dry-run").out
        assert "shows none of it, and is not complete" in told

    def test_who_owns_nothing_is_told_nothing(self, line: WritableLine):
        assert ENDS not in line.run("account", "disable", "acme", "user:u3", "--dry-run").out

    @pytest.mark.parametrize("status", [AccountStatus.PENDING, AccountStatus.DELETED])
    def test_an_account_on_which_it_can_not_act_is_refused_as_the_application_would(
        self, line: WritableLine, status: AccountStatus
    ):
        line.app.people["u1"].status = status
        ran = line.run(*self.ASKED, "--dry-run")
        assert (ran.code, ran.out.startswith("would be refused: ")) == (5, True)
        ran = line.run(*self.ASKED, "--yes")
        assert (ran.code, line.app.writes) == (5, [])


def test_who_deletes_the_only_owner_is_told(line: WritableLine) -> None:
    ran = line.run("account", "delete", "acme", "user:u1", "--dry-run")
    assert (ran.code, NOBODY in ran.out) == (0, True)


class TestEnabling:
    """What went when an account was disabled is told when it is enabled again, as far as it is known."""

    ASKED = ("account", "enable", "acme", "user:u1")
    BACK = "does not give back what ended when it was disabled on 20"

    def disabled(self, line: WritableLine, *arguments: str) -> None:
        assert line.run("account", "disable", "acme", "user:u1", *arguments, "--yes").code == 0

    def test_what_stays_lost_is_told_before_and_with_the_outcome(self, line: WritableLine):
        self.disabled(line, "wipe_data=true")
        ran = line.run(*self.ASKED, "--dry-run")
        owned = "Sales owner (group:g2/owner), R&D/Europe owner (group:g:3/owner)"
        assert (self.BACK in ran.out, f"UTC: {owned}" in ran.out) == (True, True)
        assert "does not undo what was done when it was disabled on" in ran.out
        assert "UTC: wipes devices" in ran.out
        ran = line.run(*self.ASKED, "--output", "json")
        assert (ran.code, ran.err.count(self.BACK)) == (0, 1)
        assert [self.BACK in each for each in ran.json()["consequences"]] == [True, False]
        (entry, _) = line.run("changes", "list", "--output", "json").json()["changes"]
        assert self.BACK in entry["consequences"][0]

    def test_it_is_told_with_a_newer_snapshot_too_but_for_what_was_given_again(self, line: WritableLine):
        self.disabled(line, "wipe_data=false")
        line.app.held.discard(held("group:g2/member", "u1"))
        line.app.held.add(held("group:g2/owner", "u1"))
        assert line.run("sync", "acme").code == 0
        told = line.run(*self.ASKED, "--dry-run").out
        assert (self.BACK in told, "R&D/Europe owner" in told, "Sales owner" in told) == (True, True, False)
        assert "does not undo" not in told

    def test_what_jackfield_gave_again_is_not_lost(self, line: WritableLine):
        self.disabled(line, "wipe_data=false")
        assert line.run("grant", "acme", "group:g2/owner", "user:u1").code == 0
        told = line.run(*self.ASKED, "--dry-run").out
        assert ("R&D/Europe owner" in told, "Sales owner" in told) == (True, False)

    def test_of_one_who_was_disabled_elsewhere_nothing_is_told(self, line: WritableLine):
        line.app.people["u1"].status = AccountStatus.DISABLED
        assert "does not" not in line.run(*self.ASKED, "--dry-run").out
        line.app.people["u1"].status = AccountStatus.ENABLED
        self.disabled(line, "wipe_data=true")
        assert line.run(*self.ASKED).code == 0
        line.app.people["u1"].status = AccountStatus.DISABLED
        assert "does not" not in line.run(*self.ASKED, "--dry-run").out

    def test_of_one_that_is_not_made_nothing_is_told(self, line: WritableLine):
        self.disabled(line, "wipe_data=true")
        assert line.run(*self.ASKED).code == 0
        ran = line.run(*self.ASKED, "--dry-run")
        assert (ran.code, "does not" in ran.out) == (0, False)


class TestAnOldSnapshot:
    """One's own changes since it was read count, and it is told that they do."""

    def test_an_owner_whom_jackfield_made_since_is_an_owner(self, line: WritableLine):
        assert line.run("grant", "acme", "group:g2/owner", "user:u3").code == 0
        assert "nobody else" not in line.run("revoke", "acme", "group:g2/owner", "user:u1", "--dry-run").out

    def test_an_owner_whom_jackfield_took_away_since_is_none(self, line: WritableLine):
        asked = ("revoke", "acme", "group:g:3/owner", "user:u1", "--dry-run")
        assert "nobody else" not in line.run(*asked).out
        assert line.run("revoke", "acme", "group:g:3/owner", "user:u2", "--yes").code == 0
        told = line.run(*asked).out
        assert "nobody else holds R&D/Europe owner (group:g:3/owner), by the snapshot of" in told
        assert "UTC and the changes through Jackfield since" in told

    def test_an_owner_whose_account_is_gone_is_none(self, line: WritableLine):
        assert line.run("account", "delete", "acme", "user:u2", "--yes").code == 0
        assert "nobody else holds" in line.run("revoke", "acme", "group:g:3/owner", "user:u1", "--dry-run").out

    def test_what_ends_with_an_account_is_known_by_both(self, line: WritableLine):
        assert line.run("revoke", "acme", "group:g2/owner", "user:u1", "--yes").code == 0
        told = line.run("account", "disable", "acme", "user:u1", "--dry-run").out
        assert "UTC and the changes through Jackfield since show: R&D/Europe owner (group:g:3/owner)" in told
        assert "Sales owner" not in told

    def test_whoever_leaves_is_taken_what_was_given_since(self, line: WritableLine):
        assert line.run("grant", "acme", "role:r2/member", "user:u1", "--yes").code == 0
        found = line.run("plan", "acme", "--revoke-all", "user:u1", "--output", "json").json()
        assert any("role:r2/member" in each["title"] for each in found["changes"])
        assert any("UTC and the changes through Jackfield since: of" in each for each in found["warnings"])
        assert "that were joined otherwise, nothing is in the plan" in found["warnings"][0]

    def test_a_change_that_no_read_has_confirmed_does_not_count(self, line: WritableLine):
        line.app.answer = lambda: Outcome(outcome=OutcomeKind.CHANGED)
        assert line.run("grant", "acme", "group:g2/owner", "user:u3").code == 11
        line.app.answer = None
        assert NOBODY in line.run("revoke", "acme", "group:g2/owner", "user:u1", "--dry-run").out

    def test_a_newer_snapshot_is_taken_at_its_word(self, line: WritableLine):
        assert line.run("grant", "acme", "group:g2/owner", "user:u3").code == 0
        line.app.held.discard(held("group:g2/owner", "u3"))
        assert line.run("sync", "acme").code == 0
        told = line.run("revoke", "acme", "group:g2/owner", "user:u1", "--dry-run").out
        assert (NOBODY in told, "changes through Jackfield" in told) == (True, False)


class TestLeaving:
    def plan(self, line: WritableLine, *more: str) -> list[str]:
        found = line.run("plan", "acme", "--revoke-all", "ann@example.com", *more, "--output", "json").json()["changes"]
        return [
            f"{each['title'].partition(' from ')[0].rpartition('(')[2].rstrip(')')} {each['outcome']}" for each in found
        ]

    def test_all_that_is_held_directly_is_taken_and_what_that_leaves_too(self, line: WritableLine):
        ran = line.run("plan", "acme", "--revoke-all", "ann@example.com", "--type", "group", "-o", "p")
        assert ran.code == 0
        assert "by the snapshot of" in ran.err + ran.out
        assert line.run("apply", "p", "--yes").code == 0
        assert [each for each in line.app.held if each.principal.id == "u1"] == []

    def test_the_live_state_counts_where_it_differs(self, line: WritableLine):
        line.app.held -= {held("group:g2/owner", "u1"), held("group:g1/member", "u1")}
        line.app.held.add(held("group:g2/member", "u1"))
        assert self.plan(line) == [
            "group:g2/member changed",
            "group:g:3/owner changed",
            "group:g:3/member refused",
            "group:g1/member already",
        ]

    def test_only_those_of_a_type(self, line: WritableLine):
        line.app.held.add(held("role:r2/member", "u1"))
        line.run("sync", "acme")
        assert self.plan(line, "--type", "role") == ["role:r2/member changed"]
        ran = line.run("plan", "acme", "--revoke-all", "user:u1", "--type", "rol")
        assert (ran.code, "Did you mean 'role'?" in ran.err) == (2, True)

    def test_what_can_not_be_taken_is_told_and_is_no_change_of_the_plan(self, line: WritableLine):
        line.app.immutable = {"g2": "it follows from the office", "group:g1/member#user:u1": "it comes with the desk"}
        assert line.run("sync", "acme").code == 0
        ran = line.run("plan", "acme", "--revoke-all", "user:u1", "-o", "p", "--output", "json")
        found = ran.json()
        assert [each["title"].partition(" from ")[0] for each in found["changes"]] == [
            "revoke R&D/Europe owner (group:g:3/owner)",
            "revoke R&D/Europe member (group:g:3/member)",
        ]
        for told in (
            "held, and not in the plan since it can't be revoked: Sales owner (group:g2/owner): it follows from the office",
            "held, and not in the plan since it can't be revoked: Design member (group:g1/member): it comes with the desk",
        ):
            assert told in found["warnings"]
        assert line.run("plan", "acme", "--revoke-all", "user:u1", "--dry-run").code == 0
        assert line.run("apply", "p", "--yes").code == 0
        line.app.held.discard(held("group:g1/member", "u1"))
        assert "group:g1/member already" in self.plan(line)
        # Whoever asks for one of them by name gets the refusal.
        assert line.run("revoke", "acme", "group:g2/owner", "user:u1", "--dry-run").code == 5

    def test_where_nothing_can_be_taken_it_is_refused(self, line: WritableLine):
        line.app.immutable = dict.fromkeys(("g1", "g2", "g:3"), "it follows from the office")
        ran = line.run("plan", "acme", "--revoke-all", "user:u1")
        assert (ran.code, "can't be revoked" in ran.err, "it follows from the office" in ran.err) == (5, True, True)
        assert "Design member (group:g1/member)" in ran.err

    def test_who_holds_nothing_or_is_nobody_is_told(self, line: WritableLine):
        ran = line.run("plan", "acme", "--revoke-all", "user:u3")
        assert (ran.code, "holds nothing directly" in ran.err) == (5, True)
        assert line.run("plan", "acme", "--revoke-all", "nobody@example.com").code == 5

    def test_type_alone_is_a_wrong_use(self, line: WritableLine):
        assert line.run("plan", "acme", "--type", "group", "--revoke", "group:g2/owner", "user:u1").code == 2


class TestWhatApplyWouldMake:
    def test_what_is_refused_or_over_a_limit_is_not_told_as_made(self, line: WritableLine):
        line.configure(provisioning=True)
        line.config.write_text(line.config.read_text() + "limits = { revoke = 1 }\n")
        asked = ["--revoke", "group:g1/member", "user:u1", "--revoke", "group:g:3/owner", "user:u2"]
        ran = line.run("plan", "acme", *asked, "--grant", "group:gone/member", "user:u1", "-o", "p")
        assert (ran.code, ran.out.count("would be refused: "), "would change" in ran.out) == (0, 3, False)
        assert "none of them would be made; 2 would be refused, being over a limit; 1 would not be made" in ran.err
        ran = line.run("plan", "acme", *asked[:3], "--grant", "group:gone/member", "user:u1", "-o", "p")
        assert "`jackfield apply p` makes 1 of them; 1 would not be made" in ran.err
        ran = line.run("plan", "acme", *asked[:3], "-o", "p")
        assert "`jackfield apply p` makes them." in ran.err

    def test_what_holds_for_many_changes_is_told_once(self, line: WritableLine):
        asked = line.folder / "asked.jsonl"
        rows = [{"kind": "disable_account", "account": f"user:u{number}"} for number in (1, 2, 3, 4)]
        asked.write_text("".join(json.dumps(each) + "\n" for each in rows))
        ran = line.run("plan", "acme", str(asked))
        assert ran.out.count("is wiped") == 1
        assert "WARNING for 4 of these changes: The data on linked devices is wiped." in ran.out
