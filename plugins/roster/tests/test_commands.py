"""The whole way with real commands: check, sync, access, who, grant, and a change that an export settles."""

import asyncio
import csv
import shutil
from pathlib import Path
from typing import Any

import pytest

from jackfield_contracts import AccessState, EntitlementId, GrantAccess, ResourceId
from jackfield_roster.worklist import Line, WorkList
from jackfield_roster.worklist.lines import read_back

from .support import Folder

USERS = {
    "file": "users*.csv",
    "id": "Id",
    "login": "Mail",
    "name": "Name",
    "groups": "Groups",
    "split": "|",
}
HEADING = "Id,Mail,Name,Groups"


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    groups = {"file": "groups.jsonl", "id": "id", "name": "name", "member_groups": "groups", "roles": "roles"}
    folder = Folder(tmp_path, users=USERS, groups=groups, work_list=str(tmp_path / "work" / "erp.csv"))
    people(folder)
    # Design is in Staff, Staff in Sales, Sales in Staff again.
    folder.write(
        "groups.jsonl",
        '{"id":"g1","name":"Design","groups":null}',
        '{"id":"g2","name":"Staff","groups":["g1","g3"],"roles":"crm"}',
        '{"id":"g3","name":"Sales","groups":"g2"}',
    )
    return folder


def people(folder: Folder, ann: str = "g1", bob: str = "", *more: str) -> None:
    folder.write("users.csv", HEADING, f"1,ann@x.org,Ann,{ann}", f"2,bob@x.org,Bob,{bob}", *more)


def lines(folder: Folder) -> list[tuple[str, str, str, str]]:
    with folder.list.open(newline="") as file:
        return [(row["state"], row["do"], row["what"], row["who"]) for row in csv.DictReader(file)]


def outcomes(folder: Folder) -> list[str]:
    changes = folder.run("changes", "list", "--output", "json").json["changes"]
    return [each["outcome"] for each in reversed(changes)]


def path(access: dict[str, Any]) -> list[str]:
    return [via["resource"]["id"] for via in access["path"]]


def test_nested_groups_with_a_circle(folder: Folder) -> None:
    synced = folder.run("sync", "erp", "--output", "json")
    assert synced.code == 0, synced.err
    assert synced.json["counts"] == {
        "resources": {"app": 1, "group": 3, "role": 1, "user": 2}, "entitlements": 4, "grants": 5,
    }  # fmt: skip
    access = folder.run("access", "erp", "ann@x.org", "--output", "json").json["access"]
    assert [(each["entitlement"]["resource"]["id"], path(each)) for each in access] == [
        ("g1", []),
        ("g2", ["g1"]),
        ("g3", ["g1", "g2"]),
        ("crm", ["g1", "g2"]),
    ]
    who = folder.run("who", "erp", "role:crm/member", "--output", "json").json["access"]
    assert [(each["principal"]["id"], path(each)) for each in who] == [
        ("g2", []), ("g1", ["g2"]), ("g3", ["g2"]), ("1", ["g1", "g2"]),
    ]  # fmt: skip


def test_a_broken_row_makes_the_snapshot_incomplete_and_keeps_what_was_there(folder: Folder) -> None:
    assert folder.run("sync", "erp").code == 0
    folder.write("users.csv", HEADING, "1,ann@x.org,Ann,g1", "2,bob@x.org,Bob")
    synced = folder.run("sync", "erp")
    assert synced.code == 8
    assert "left out: it has 3 cells, and the heading has 4 (at users.csv:3, column Groups)" in synced.out
    assert "user: partial; 1 row or entry is left out, users.csv:3, column Groups: it has 3 cells" in synced.out
    users = folder.run("resources", "erp", "--type", "user", "--output", "json").json["resources"]
    assert [each["id"] for each in users] == ["1", "2"]
    (folder.exports / "groups.jsonl").unlink()
    gone = folder.run("sync", "erp", "--output", "json")
    assert gone.code == 8
    assert ("group", "unreadable") in [(each["scope"], each["seal"]) for each in gone.json["scopes"]]
    assert gone.json["counts"]["resources"]["group"] == 3


def test_a_change_is_a_line_and_the_next_export_settles_it(folder: Folder) -> None:
    folder.run("sync", "erp")
    granted = folder.run("grant", "erp", "Design/member", "bob@x.org", "--output", "json")
    assert granted.code == 10, granted.err
    assert (granted.json["outcome"], granted.json["tag"], granted.json.get("job")) == ("pending", "work_list", None)
    assert folder.run("revoke", "erp", "Design/member", "ann@x.org", "--yes").code == 10
    asked = [("open", "grant", "group:g1/member", "user:2"), ("open", "revoke", "group:g1/member", "user:1")]
    assert lines(folder) == asked
    with folder.list.open(newline="") as file:
        assert granted.json["change"] in [row["id"] for row in csv.DictReader(file)]
    # Again: neither asked for twice nor settled without an export.
    assert folder.run("grant", "erp", "Design/member", "bob@x.org").code == 10
    assert folder.run("changes", "recover", "erp").code == 10
    assert folder.run("sync", "erp").code == 0
    assert lines(folder) == asked
    # One by `changes recover`, the other by the sync.
    people(folder, ann="g1", bob="g1")
    recovered = folder.run("changes", "recover", "erp", "--output", "json")
    assert recovered.json["outcomes"] == {"changed": 1, "already": 1, "pending": 1}, (
        "a repeat ends with what it repeats"
    )
    people(folder, ann="", bob="g1")
    synced = folder.run("sync", "erp")
    assert "settled now: changed: revoke Design member" in synced.err
    assert outcomes(folder) == ["changed", "changed", "already"]
    # The list is brought up to date by the next change.
    assert folder.run("grant", "erp", "Sales/member", "bob@x.org").code == 10
    assert [state for state, *_ in lines(folder)] == ["shown", "shown", "open"]


def test_an_open_line_with_ids_that_can_not_be_printed_is_known_again(folder: Folder) -> None:
    people(folder, ann="my\xa0team")
    folder.write("groups.jsonl", '{"id":"my\xa0team","name":"My team","groups":"","roles":""}', '{"id":"g3"}')
    assert folder.run("revoke", "erp", "group:my\xa0team/member", "user:1", "--yes").code == 10
    assert folder.run("grant", "erp", "group:g3/member", "user:1").code == 10
    assert folder.run("revoke", "erp", "group:my\xa0team/member", "user:1", "--yes").code == 10
    assert [(state, what) for state, _, what, _ in lines(folder)] == [
        ("open", r"group:my\u{a0}team/member"), ("open", "group:g3/member"),
    ]  # fmt: skip
    people(folder, ann="")
    assert folder.run("grant", "erp", "group:g3/member", "user:2").code == 10
    assert [state for state, *_ in lines(folder)] == ["shown", "open", "open"]


# What a person made of a line, and whether the exports, which have neither, show it done.
ALTERED = [
    ("delete_account", "", "user:9", "shown"),
    ("delete_account", "", "user:%31", "open"),
    ("delete_account", "", r"user:1\u{20}", "open"),
    ("delete_account", "", "role:9", "open"),
    ("delete_account", "", "9", "open"),
    ("delete_account", "", "", "open"),
    ("revoke", "group:g9/member", "user:1", "shown"),
    ("revoke", "group:g1/member", "user:9", "shown"),
    ("revoke", "group:g1/members", "user:1", "open"),
    ("revoke", r"group:g1\u{a0}/member", "user:1", "open"),
    ("revoke", "team:g1/member", "user:1", "open"),
    ("revoke", "group:g1/member", "people:1", "open"),
    ("revoke", "group:g1/member", r"user:\u{20}1", "open"),
    ("revoke", "group:g1/member", "user:1", "open"),
    ("withdraw", "group:g9/member", "user:1", "open"),
]


@pytest.mark.parametrize(("do", "what", "who", "state"), ALTERED)
def test_an_id_that_no_export_could_have_is_not_taken_for_gone(
    folder: Folder, do: str, what: str, who: str, state: str
) -> None:
    WorkList(folder.list).ask(
        [Line(id="c1", asked="2020-01-01T00:00:00+00:00", do=do, what=read_back(what), who=read_back(who))], {}
    )
    grant = GrantAccess(entitlement=EntitlementId.parse("group:g3/member"), principal=ResourceId.parse("user:1"))

    async def run() -> None:
        async with folder.open() as roster:
            await roster.grant((grant,), AccessState(), ("c2",))

    asyncio.run(run())
    assert [found for found, *_ in lines(folder)] == [state, "open"]


def test_a_row_with_shifted_cells_settles_nothing(folder: Folder) -> None:
    """A separator that is not quoted: the row may be about anybody, so that an absence proves nothing."""
    folder.values["memberships"] = [{"file": "in.csv", "of": "group", "to": "Group", "member": "Who"}]
    folder.write("in.csv", "Group,Name,Who", "g3,Sales,2")
    assert folder.run("sync", "erp").code == 0
    assert folder.run("revoke", "erp", "group:g3/member", "bob@x.org", "--yes").code == 10
    folder.write("in.csv", "Group,Name,Who", "Sales, Berlin,g3,2")
    recovered = folder.run("changes", "recover", "erp")
    assert recovered.code == 10
    assert "can't be told: revoke Sales member (group:g3/member) from Bob <bob@x.org>: it is not in" in recovered.err
    assert folder.run("sync", "erp").code == 8
    assert outcomes(folder) == ["pending"]
    assert folder.run("grant", "erp", "Sales/member", "ann@x.org").code == 75
    assert folder.run("grant", "erp", "Sales/member", "ann@x.org", "--dry-run").code == 75
    folder.write("users.csv", HEADING, "1,ann@x.org,Ann,g1", "Birch, Bob,2,bob@x.org,Bob,")
    deleted = folder.run("account", "delete", "erp", "user:2", "--yes")
    assert deleted.code == 75, deleted.out
    assert "a row that can't be understood may be about it" in deleted.out
    assert folder.run("grant", "erp", "g1/member", "ann@x.org").code == 0, "what is there is told of all the same"
    assert [row[1] for row in lines(folder)] == ["revoke"]


def test_accounts_are_made_and_deleted_by_a_person_too(folder: Folder) -> None:
    assert folder.run("account", "create", "erp", "login=new@x.org", "name=New").code == 10
    assert folder.run("account", "delete", "erp", "bob@x.org", "--yes").code == 10
    assert lines(folder) == [("open", "create_account", "", "new@x.org"), ("open", "delete_account", "", "user:2")]
    folder.write("users.csv", HEADING, "1,ann@x.org,Ann,g1", "3,new@x.org,New,")
    assert folder.run("changes", "recover", "erp", "--output", "json").json["outcomes"] == {"changed": 2}


@pytest.mark.parametrize(
    ("arguments", "tag"),
    [
        (("grant", "erp", "Design/owner", "bob@x.org"), "not_found"),
        (("grant", "erp", "group:g9/member", "bob@x.org"), "not_found"),
        (("grant", "erp", "group:g1/member", "user:9"), "not_found"),
        (("grant", "erp", "group:g1/member", "role:crm"), "wrong_principal"),
    ],
)
def test_what_can_not_be_is_refused_and_writes_nothing(folder: Folder, arguments: tuple[str, ...], tag: str) -> None:
    folder.run("sync", "erp")
    refused = folder.run(*arguments, "--output", "json")
    assert (refused.code, refused.json["tag"]) == (5, tag)
    assert not folder.list.exists()


def test_a_work_list_that_is_a_folder_is_a_wrong_configuration(folder: Folder) -> None:
    folder.list.mkdir()
    for command in (("grant", "erp", "group:g1/member", "bob@x.org"), ("sync", "erp"), ("check", "erp")):
        told = folder.run(*command)
        assert told.code == 2, told.err
        assert f"the work list is no file: {folder.list}" in told.err
        assert "at connections.erp.work_list" in told.err


def test_a_dry_run_writes_nothing(folder: Folder) -> None:
    assert folder.run("grant", "erp", "group:g1/member", "bob@x.org", "--dry-run").code == 0
    assert list(folder.work.iterdir()) == []


def test_a_group_is_put_into_a_group(folder: Folder) -> None:
    assert folder.run("grant", "erp", "group:g3/member", "group:g1").code == 10
    assert lines(folder) == [("open", "grant", "group:g3/member", "group:g1")]


def test_check_tells_what_is_there_how_old_it_is_and_what_is_missing(folder: Folder) -> None:
    folder.values["max_age_hours"] = 24.0
    folder.age("users.csv", days=3)
    checked = folder.run("check", "erp")
    assert checked.code == 0, checked.err
    assert "info: users: users.csv, " in checked.out
    assert "3 days old" in checked.out
    assert "warning: the export of users is older than 24 hours" in checked.out
    (folder.exports / "groups.jsonl").unlink()
    checked = folder.run("check", "erp")
    assert checked.code == 0
    assert "error: groups: there is no file 'groups.jsonl'" in checked.out
    (folder.exports / "users.csv").unlink()
    checked = folder.run("check", "erp")
    assert checked.code == 5
    assert "it can't sync now: no export for users, groups" in checked.err


def test_a_wrong_mapping_ends_the_sync_with_its_path_and_the_columns(folder: Folder) -> None:
    folder.values["users"] = {**USERS, "email": "E-mail"}
    synced = folder.run("sync", "erp")
    assert synced.code == 2
    assert "users.csv has no column 'E-mail'" in synced.err
    assert "at connections.erp.users.email" in synced.err
    assert "Its columns: Id, Mail, Name, Groups." in synced.err


@pytest.mark.parametrize("content", [b"", b"\n\n", b"\xef\xbb\xbf"])
def test_an_empty_export_is_one_that_was_cut_off_and_no_wrong_mapping(folder: Folder, content: bytes) -> None:
    assert folder.run("sync", "erp").code == 0
    folder.put("users.csv", content)
    synced = folder.run("sync", "erp")
    assert synced.code == 8
    assert "user: unreadable; users.csv is empty: it has no heading" in synced.out
    assert "2 user" in synced.out, "those of before stand in"
    checked = folder.run("check", "erp")
    assert checked.code == 6
    assert "users.csv is empty" in checked.err + checked.out


@pytest.mark.parametrize("gone", ["files", "folder"])
def test_without_any_export_the_sync_fails_and_publishes_nothing(folder: Folder, gone: str) -> None:
    assert folder.run("sync", "erp").code == 0
    published = folder.run("syncs", "erp", "--output", "json").json
    shutil.rmtree(folder.exports)
    if gone == "files":
        folder.exports.mkdir()
    synced = folder.run("sync", "erp")
    assert synced.code == 5, synced.out
    # Reads go on at once: which of them says so first is open.
    assert f" in {folder.exports}" in synced.err
    assert "Put the export there" in synced.err
    after = folder.run("syncs", "erp", "--output", "json").json
    assert [each["run"] for each in after["syncs"] if each["status"] == "published"] == [
        each["run"] for each in published["syncs"]
    ]


def test_another_application_is_not_mixed_in(folder: Folder) -> None:
    folder.run("sync", "erp")
    folder.values["application"] = "crm"
    synced = folder.run("sync", "erp")
    assert synced.code == 2
    assert "now reaches another account (crm), its snapshots and changes are of erp" in synced.err
