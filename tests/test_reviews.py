"""An access review from end to end: exported, decided on in a spreadsheet, planned, applied, and in the journal."""

import csv
from pathlib import Path

from harness.cli import NAME
from harness.staging import Stage, entitlement, open_group


def test_what_a_review_decided_is_revoked_and_the_journal_says_why(stage: Stage, tmp_path: Path) -> None:
    assert stage.site.sync().code in (0, 8)
    group = open_group(stage)
    inside = stage.now().inside(group, "member")[:2]
    wanted = {f"user:{who['team_member_id']}" for who in inside}
    assert stage.site.run("export", NAME, "--format", "csv", "-o", str(tmp_path / "access.csv")).code == 0
    assert (tmp_path / "access.csv.meta.json").is_file()
    with (tmp_path / "access.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    for row in rows:
        if row["entitlement"] == entitlement(group, "member") and row["principal"] in wanted:
            assert (row["path"], row["principal_status"]) == ("direct", "enabled")
            row |= {"decision": "Revoke", "reason": f"no need, {row['principal_name']}"}
        else:
            row["decision"] = "keep"
    # As a spreadsheet program of another country saves it.
    columns = ["decision", "reason", "", *(name for name in rows[0] if name not in ("decision", "reason"))]
    reviewed = tmp_path / "reviewed.csv"
    with reviewed.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.DictWriter(file, columns, delimiter=";", lineterminator="\r\n")
        writer.writeheader()
        writer.writerows(rows)

    planned = stage.site.run("plan", NAME, str(reviewed), "-o", str(tmp_path / "the.plan"))
    assert planned.code == 0, planned
    assert "because: no need, " in planned.out
    held = [stage.now().access(group["group_id"], who["team_member_id"]) for who in inside]
    assert held == ["member", "member"]
    assert stage.site.run("apply", str(tmp_path / "the.plan"), "--yes").code == 0
    held = [stage.now().access(group["group_id"], who["team_member_id"]) for who in inside]
    assert held == [None, None]
    assert stage.effects() == {"calls": 1, "group_removals": len(inside)}
    listed = stage.site.run("changes", "list", "--output", "json").json["changes"]
    assert len(listed) == len(inside)
    assert all(one["why"].startswith("no need, ") and one["outcome"] == "changed" for one in listed)


def test_whoever_leaves_is_taken_out_of_all_groups_by_one_plan(stage: Stage, tmp_path: Path) -> None:
    group = open_group(stage)
    owner = stage.now().inside(group, "owner")[0]
    person = f"user:{owner['team_member_id']}"
    assert stage.site.sync().code in (0, 8)
    plan = str(tmp_path / "leave.plan")
    planned = stage.site.run("plan", NAME, "--revoke-all", person, "--type", "group", "-o", plan, "--output", "json")
    assert planned.code == 0, planned
    told = {each["title"].partition("(")[2].partition(")")[0]: each for each in planned.json["changes"]}
    assert told[entitlement(group, "owner")]["leaves"] == [entitlement(group, "member")]
    assert {each["tag"] for each in told.values() if each["outcome"] == "refused"} <= {"holds_more"}
    assert stage.site.run("apply", plan, "--yes", "--limit", "revoke=500").code == 0
    assert stage.now().access(group["group_id"], owner["team_member_id"]) is None
    now = stage.now()
    still = [each for each in now.groups.values() if now.access(each["group_id"], owner["team_member_id"]) is not None]
    assert {each["management_type"] for each in still} <= {"system_managed"}


def test_a_suspension_tells_which_ownerships_it_ends(stage: Stage) -> None:
    group = open_group(stage)
    owner = stage.now().inside(group, "owner")[0]
    person = f"user:{owner['team_member_id']}"
    assert stage.site.sync().code in (0, 8)
    ran = stage.site.run("account", "disable", NAME, person, "wipe_data=false", "--yes", "--output", "json")
    assert ran.code == 0, ran
    assert entitlement(group, "owner") in ran.json["ends"]
    assert stage.now().access(group["group_id"], owner["team_member_id"]) == "member"
    assert stage.site.run("account", "enable", NAME, person, "--yes").code == 0
    assert stage.now().access(group["group_id"], owner["team_member_id"]) == "member", "it is not given back"
    (ended,) = stage.site.run("changes", "list", "--kind", "disable", "--output", "json").json["changes"]
    assert any(text.startswith("ends for good") for text in ended["consequences"])
