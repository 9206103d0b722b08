"""The commands that look at a snapshot: what they show, and what they say of what is not complete."""

import csv
import io
import json
from pathlib import Path

import pytest

from .imaginary import Line


@pytest.fixture
def line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Line:
    made = Line(tmp_path, monkeypatch, capsys)
    made.published()
    return made


@pytest.fixture
def partial(line: Line) -> Line:
    """The second snapshot could not see the groups."""
    line.world.refused = {"groups"}
    line.published()
    return line


def rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text, newline="")))


class TestListing:
    def test_a_table_is_aligned_and_nothing_is_cut(self, line: Line):
        line.world.names["g1"] = "A very long name indeed " * 10
        line.world.names["g2"] = "日本語"
        line.published()
        head, one, other = line.run("resources", "acme", "--type", "group").out.splitlines()
        assert head.split() == ["NAME", "HOLDERS", "OWNERS", "TYPE"]
        assert one.rsplit(maxsplit=2) == [line.world.names["g1"].rstrip(), "2", "group"]
        assert other.split() == ["日本語", "1", "group"]
        with_ids = line.run("resources", "acme", "--type", "group", "--ids").out.splitlines()
        assert with_ids[2].split() == ["日本語", "1", "group", "group:g2"]

    def test_by_how_many_a_group_is_held_is_told_as_far_as_it_is_known(self, line: Line):
        line.world.groups["g3"] = set()
        line.published()
        found = line.run("resources", "acme", "--type", "group", "--columns", "name,holders,owners", "--no-header").out
        assert [row.split() for row in found.splitlines()] == [["Engineering", "2"], ["g3", "0"], ["Sales", "1"]]
        line.world.refused = {"groups"}
        line.published()
        found = line.run("resources", "acme", "--type", "group", "--columns", "holders", "--no-header").out
        assert [row.strip() for row in found.splitlines()] == ["at least 2", "unknown", "at least 1"]
        assert "E-MAIL" in line.run("resources", "acme", "--type", "user").out

    def test_json_has_the_snapshot_around_the_rows(self, line: Line):
        found = line.run("resources", "acme", "--output", "json", "--limit", "1", "--type", "user").json()
        assert (found["connection"], found["complete"], found["scopes"]) == ("acme", True, [])
        (one,) = found["resources"]
        assert (one["kind"], one["id"], one["status"], one["trait"]) == ("resource", "u1", "enabled", "user")

    def test_csv_has_plain_columns(self, line: Line):
        one = rows(line.run("resources", "acme", "--output", "csv", "--search", "person 7").out)[0]
        assert (one["type"], one["id"], one["email"], one["carried_from"]) == ("user", "u7", "u7@example.com", "")

    def test_rows_are_filtered_and_limited(self, line: Line):
        assert len(line.run("resources", "acme", "--limit", "3").out.splitlines()) == 4
        assert len(line.run("resources", "acme", "--status", "disabled").out.splitlines()) == 0
        assert line.run("resources", "acme", "--status", "gone").code == 2
        ran = line.run("resources", "acme", "--type", "users")
        assert (ran.code, "Did you mean 'user'? There are: group, user." in ran.err) == (5, True)

    def test_grants_are_filtered_by_names_and_identifiers(self, line: Line):
        for arguments in (
            ("--entitlement", "group:g1/member"),
            ("--entitlement", "Engineering/member"),
            ("--resource", "engineering"),
            ("--resource", "group:g1"),
        ):
            found = line.run("grants", "acme", "--output", "json", *arguments).json()["grants"]
            assert [one["principal"]["id"] for one in found] == ["u1", "u2"]
        found = line.run("grants", "acme", "--output", "json", "--principal", "U3@EXAMPLE.com").json()["grants"]
        assert [one["entitlement"]["resource"]["id"] for one in found] == ["g2"]

    def test_an_entitlement_without_its_slug_is_wrong_usage(self, line: Line):
        ran = line.run("grants", "acme", "--entitlement", "group:g1")
        assert ran.code == 2
        assert "group:g1/slug" in ran.err

    def test_entitlements_are_listed(self, line: Line):
        found = line.run("entitlements", "acme", "--output", "json", "--resource", "g1").json()["entitlements"]
        assert [(one["resource"]["id"], one["slug"]) for one in found] == [("g1", "member")]
        assert "group:g1/member" in line.run("entitlements", "acme", "--ids").out
        assert len(rows(line.run("entitlements", "acme", "--output", "csv").out)) == 2


class TestColumns:
    """A column has one name for people and one for programs; either is understood, wherever rows are printed."""

    @pytest.mark.parametrize(
        ("words", "columns"),
        [
            (
                ("resources", "acme", "--type", "user"),
                ("name", "display_name", "email", "e-mail", "E-Mail", "id", "type"),
            ),
            (
                ("grants", "acme"),
                ("name", "principal_name", "e-mail", "has", "entitlement_name", "of", "resource_name"),
            ),
            (("entitlements", "acme"), ("resource", "resource_name", "name", "display_name", "slug")),
            (("access", "acme", "u1"), ("has", "entitlement_name", "how", "path", "resource_name", "resource")),
            (("who", "acme", "g1"), ("name", "principal_name", "principal_email", "email", "how", "inherited")),
            (("diff", "acme"), ("change", "e-mail", "email", "event", "resource_name")),
        ],
    )
    @pytest.mark.parametrize("output", ["table", "csv", "json"])
    def test_every_name_is_known_in_every_output(
        self, line: Line, words: tuple[str, ...], columns: tuple[str, ...], output: str
    ):
        if words[0] == "diff":
            del line.world.users["u20"]
            line.published()
        for column in columns:
            ran = line.run(*words, "--columns", column, "--sort", column, "--output", output)
            assert ran.code == 0, ran.err
            if output == "json":
                (listed,) = (found for found in ran.json().values() if isinstance(found, list) and found)
                assert {tuple(one) for one in listed} == {(column.lower().replace("e-mail", "email"),)}
        ran = line.run(*words, "--columns", "nothing", "--output", output)
        assert (ran.code, "there is no column 'nothing'" in ran.err) == (2, True)

    @pytest.mark.parametrize("output", ["table", "csv", "json"])
    def test_rows_are_sorted_in_every_output(self, line: Line, output: str):
        ran = line.run("resources", "acme", "--type", "user", "--sort", "-name", "--columns", "id", "--output", output)
        found = [one["id"] for one in ran.json()["resources"]] if output == "json" else ran.out.split()[1:]
        assert found[:2] == ["u9", "u8"]


class TestNotComplete:
    @pytest.mark.parametrize(
        "arguments",
        [
            ("resources", "acme"),
            ("entitlements", "acme"),
            ("grants", "acme"),
            ("stats", "acme"),
            ("access", "acme", "u1"),
            ("who", "acme", "group:g1"),
        ],
    )
    def test_every_command_that_shows_a_snapshot_says_so(self, partial: Line, arguments: tuple[str, ...]):
        for output in ("table", "csv"):
            ran = partial.run(*arguments, "--output", output)
            assert ran.code == 0
            assert "NOT COMPLETE: 2 scopes were not seen whole." in ran.err
            assert "group, group/*: unreadable" in ran.err
        found = partial.run(*arguments, "--output", "json").json()
        assert found["complete"] is False
        assert [one["scope"] for one in found["scopes"]] == ["group", "group/*"]

    def test_exports_and_differences_say_so_too(self, partial: Line):
        ran = partial.run("export", "acme", "--format", "jsonl", "-o", "-")
        assert json.loads(ran.out.splitlines()[0])["complete"] is False
        assert "NOT COMPLETE" in ran.err
        assert "NOT COMPLETE" in partial.run("diff", "acme").err
        assert partial.run("diff", "acme", "--output", "json").json()["new"]["complete"] is False
        assert "no" in partial.run("syncs", "acme").out.splitlines()[1].split()

    def test_each_carried_row_says_from_when(self, partial: Line):
        first = partial.run("syncs", "acme", "--output", "json").json()["syncs"][1]["run"]
        ran = partial.run("grants", "acme")
        assert all(f"run {first}" in row for row in ran.out.splitlines()[1:])
        assert all(one["carried_from"] == first for one in rows(partial.run("grants", "acme", "--output", "csv").out))
        found = partial.run("access", "acme", "u1", "--output", "json").json()["access"]
        assert [one["carried"]["run"] for one in found] == [first]
        assert (
            partial.run("resources", "acme", "--carried", "--output", "json").json()["resources"][0]["type"] == "group"
        )
        assert "carried" not in partial.run("resources", "acme", "--seen", "--output", "json").json()["resources"][0]

    def test_a_complete_snapshot_has_no_column_for_it(self, line: Line):
        assert "CARRIED" not in line.run("grants", "acme").out


class TestAccess:
    @pytest.mark.parametrize("user", ["u1", "user:u1", "U1@Example.com", "person 1"])
    def test_a_user_is_found_in_every_way(self, line: Line, user: str):
        found = line.run("access", "acme", user, "--output", "json").json()
        assert found["principal"] == {"type": "user", "id": "u1", "display_name": "Person 1", "status": "enabled"}
        assert found["access"] == [
            {
                "entitlement": {"resource": {"type": "group", "id": "g1"}, "slug": "member"},
                "resource_name": "Engineering",
                "entitlement_name": "Member",
                "inherited": False,
                "path": [],
                "privileged": False,
                "text": "group:g1/member",
            }
        ]

    def test_people_read_it(self, line: Line):
        ran = line.run("access", "acme", "u1")
        assert "Person 1 (user:u1, enabled) has 1 entitlement:" in ran.err
        assert ran.out.splitlines()[1].split() == ["Engineering", "Member", "no", "directly"]

    def test_a_name_or_an_id_can_neither_drive_the_terminal_nor_begin_a_line(self, line: Line):
        odd = "u9\nError: \x1b[2J\x07"
        line.world.users[odd] = "Mal\nory \x1b]0;"
        line.world.groups["g1"].add(odd)
        line.published()
        ran = line.run("access", "acme", f"user:{odd}")
        assert r"Mal\nory \x1b]0; (user:u9\nError: \x1b[2J\x07, enabled) has 1 entitlement" in ran.err
        printed = line.run("access", "acme", f"user:{odd}", "--output", "csv")
        for text in (ran.err, ran.out, printed.out, printed.err):
            assert not {"\x1b", "\x07"} & set(text)
        assert len(printed.out.splitlines()) == 2

    def test_who_has_a_resource_or_one_entitlement(self, line: Line):
        for target in ("group:g1", "Engineering", "group:g1/member", "engineering/member"):
            found = line.run("who", "acme", target, "--output", "json").json()["access"]
            assert [one["principal"]["id"] for one in found] == ["u1", "u2"]
        (one,) = rows(line.run("who", "acme", "Sales", "--output", "csv").out)
        assert (one["principal_id"], one["slug"], one["inherited"], one["path"]) == ("u3", "member", "no", "")

    def test_a_group_that_was_given_nothing_is_not_one_that_nobody_gets_into(self, line: Line):
        told = line.run("access", "acme", "group:g1").err
        assert "Engineering (group:g1) is a group, and is itself given nothing." in told
        assert "Who has access to it is told by `jackfield who acme group:g1`." in told

    def test_where_nobody_is_listed_it_is_said_why(self, line: Line):
        line.world.groups["g3"] = set()
        line.published()
        told = line.run("who", "acme", "u3").err
        assert "Person 3 (user:u3) offers nothing that somebody could hold." in told
        assert "`jackfield access acme user:u3`" in told
        assert "Nobody is seen to hold the entitlement of g3 (group:g3)." in line.run("who", "acme", "g3").err
        filtered = line.run("who", "acme", "Sales", "--privileged").err
        assert "Nobody who fits what was asked for is seen to hold the entitlement of Sales" in filtered

    def test_nobody_of_that_name_is_not_found(self, line: Line):
        ran = line.run("access", "acme", "nobody")
        assert (ran.code, ran.out) == (5, "")
        assert "'nobody'" in ran.err

    def test_in_a_snapshot_that_is_not_complete_not_found_is_unknown(self, partial: Line):
        ran = partial.run("who", "acme", "group:g9")
        assert ran.code == 5
        assert "It may exist all the same" in ran.err
        assert "group/*" in ran.err

    def test_an_ambiguous_name_lists_the_candidates(self, line: Line):
        line.world.users["u2"] = "Person 1"
        line.published()
        ran = line.run("access", "acme", "Person 1")
        assert ran.code == 2
        assert "user:u1" in ran.err
        assert "user:u2" in ran.err


class TestDiff:
    @pytest.fixture
    def line(self, line: Line) -> Line:
        world = line.world
        del world.users["u20"]
        world.users["u1"] = "Renamed"
        world.users["new"] = "=New"
        world.groups["g2"] = {"new"}
        line.published()
        return line

    def test_people_come_first_and_then_what_access_came_and_went(self, line: Line):
        ran = line.run("diff", "acme", "--ids")
        assert ran.code == 0
        table = [(*row.split()[:2], row.split()[-1]) for row in ran.out.splitlines()[1:]]
        assert table == [
            ("came", "person", "user:new"),
            ("left", "person", "user:u20"),
            ("changed", "person", "user:u1"),
            ("added", "grant", "group:g2/member#user:new"),
            ("removed", "grant", "group:g2/member#user:u3"),
        ]
        plain = line.run("diff", "acme").out
        assert "user:new" not in plain
        assert "new@example.com" in plain
        assert "display_name: Person 1 → Renamed" in ran.out
        assert "people: 1 came, 1 left, 1 changed otherwise" in ran.err
        assert "access: 1 grant added, 1 grant removed" in ran.err

    def test_json_has_the_rows_by_what_became_of_them(self, line: Line):
        found = line.run("diff", "acme", "--output", "json").json()
        assert found["counts"]["added"] == {"resources": 1, "entitlements": 0, "grants": 1}
        assert [one["kind"] for one in found["added"]] == ["resource", "grant"]
        assert found["changed"][0]["before"] == {"display_name": "Person 1"}
        assert (found["newly_seen"], found["old"]["complete"], found["new"]["complete"]) == ([], True, True)

    def test_two_runs_can_be_named(self, line: Line):
        new, old = (one["run"] for one in line.run("syncs", "acme", "--output", "json").json()["syncs"])
        assert line.run("diff", "acme", old, new).out == line.run("diff", "acme").out
        assert line.run("diff", "acme", old).out == line.run("diff", "acme").out
        assert "added" in line.run("diff", "acme", new, old).out
        same = line.run("diff", "acme", old, old).err
        assert "Both are the same run" in same
        assert "Nothing changed" not in same
        assert line.run("diff", "acme", "unknown").code == 5

    def test_csv_runs_nothing(self, line: Line):
        assert rows(line.run("diff", "acme", "--output", "csv").out)[0]["name"] == "'=New"


def test_a_difference_takes_two_snapshots(line: Line):
    ran = line.run("diff", "acme")
    assert (ran.code, ran.out) == (5, "")
    assert "jackfield sync acme" in ran.err


def test_a_connection_that_is_no_longer_configured_can_still_be_read(line: Line):
    line.config.unlink()
    assert line.run("stats", "acme").code == 0


def test_stats_count_by_type_status_and_slug(line: Line):
    found = line.run("stats", "acme", "--output", "json").json()
    figures = {(one["what"], one["of"]): one["rows"] for one in found["figures"]}
    assert figures[("resources", "user")] == 20
    assert figures[("accounts", "user, enabled")] == 20
    assert figures[("grants", "group/member")] == 3
    assert found["tenant_name"] == "Imaginary Ltd"
    assert "Imaginary Ltd" in line.run("stats", "acme").err


class TestExport:
    def test_a_file_is_written_and_counted(self, line: Line):
        target = line.folder / "out.jsonl"
        ran = line.run("export", "acme", "--format", "jsonl", "-o", str(target))
        written = target.read_text(encoding="utf-8").splitlines()
        assert (ran.code, ran.out) == (0, "")
        assert f"{len(written)} lines written to {target}" in ran.err
        assert json.loads(written[0])["kind"] == "snapshot"

    def test_csv_goes_to_standard_output(self, line: Line):
        ran = line.run("export", "acme", "--format", "csv", "-o", "-")
        assert [one["principal_id"] for one in rows(ran.out)] == ["u1", "u2", "u3"]

    def test_another_run_can_be_exported(self, line: Line):
        first = line.run("syncs", "acme", "--output", "json").json()["syncs"][0]["run"]
        line.published()
        ran = line.run("export", "acme", "--format", "jsonl", "-o", "-", "--run", first)
        assert json.loads(ran.out.splitlines()[0])["run"] == first
