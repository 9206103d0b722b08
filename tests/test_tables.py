"""Tables as people use them: names first, filters that say what they do not know, and nothing that is cut or empty unsaid."""

import csv
import io
import os
import pty
import re
import subprocess
from collections.abc import Generator
from pathlib import Path

import pytest
from harness.besides import Beside, simulator_beside
from harness.cli import Site
from harness.programs import script
from rich.cells import cell_len

from jackfield.snapshots.sorting import name_key
from jackfield_dropbox_simulator.options import TeamOptions

DAY = 86_400.0


@pytest.fixture(scope="module")
def control() -> Generator[Beside]:
    """A team of 48 with an empty group, whose log goes back 100 days and in which two have signed in since."""
    with simulator_beside(TeamOptions(members=48, groups=6)) as control:
        control.change({"do": "create_group", "name": "Nobody Here"})
        active = enabled(control)
        control.change({"do": "sign_in", "user": active[0], "ago": 100 * DAY})
        control.change({"do": "sign_in", "user": active[1], "ago": 3 * DAY})
        yield control


@pytest.fixture(scope="module")
def team(tmp_path_factory: pytest.TempPathFactory, control: Beside) -> Site:
    """What is known of it after a sync."""
    site = Site(tmp_path_factory.mktemp("tables") / "site", control, activity=True)
    assert site.run("sync", "acme").code == 0
    return site


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Generator[Path]:
    """The program for a terminal."""
    with script(tmp_path_factory.mktemp("program")) as file:
        yield file


def enabled(control: Beside) -> list[str]:
    return [each["team_member_id"] for each in control.truth()["users"] if each["status"] == "active"]


def lines(site: Site, *words: str) -> list[str]:
    ran = site.run(*words)
    assert ran.code == 0, ran.err
    return ran.out.splitlines()


def table(site: Site, *words: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(site.run(*words, "--output", "csv").out)))


@pytest.mark.parametrize("command", ["resources", "grants", "entitlements"])
def test_ids_are_shown_when_they_are_asked_for(team: Site, command: str) -> None:
    assert "dbmid:" not in "".join(lines(team, command, "acme"))
    assert any(mark in "".join(lines(team, command, "acme", "--ids")) for mark in ("dbmid:", "group:g:"))


def test_people_come_by_name_and_programs_get_the_order_of_ids(team: Site) -> None:
    names = lines(team, "resources", "acme", "--type", "user", "--columns", "name", "--no-header")
    assert names == sorted(names, key=name_key)
    plain = [name.casefold() for name in names if name.isascii()]
    assert plain == sorted(plain), "as before, where no letter has a mark"
    ids = [each["id"] for each in table(team, "resources", "acme", "--type", "user")]
    assert ids == sorted(ids)


def test_columns_are_chosen_and_sorted(team: Site) -> None:
    found = lines(team, "resources", "acme", "--type", "user", "--columns", "e-mail,name", "--sort=-e-mail")
    assert found[0].split() == ["E-MAIL", "NAME"]
    mails = [line.split()[0] for line in found[1:]]
    assert mails == sorted(mails, key=str.casefold, reverse=True)
    assert [each["slug"] for each in table(team, "grants", "acme", "--columns", "slug", "--limit", "1")] == ["member"]


@pytest.mark.parametrize(
    ("words", "code", "told"),
    [
        (("resources", "acme", "--columns", "nam"), 2, "Did you mean 'name'?"),
        (("resources", "acme", "--sort", "mail"), 2, "Did you mean 'e-mail'?"),
        (("resources", "acme", "--type", "grop"), 5, "Did you mean 'group'"),
        (("grants", "acme", "--slug", "membre"), 5, "Did you mean 'member'"),
        (("grants", "acme", "--resource", "Nobody Hre"), 5, "Did you mean 'Nobody Here'"),
        (("who", "acme", "Nobody Hre"), 5, "Did you mean 'Nobody Here'"),
        (("access", "acme", "Nobody@nowhere"), 5, "has no user"),
        (("grants", "acme", "--run", "@latest~7"), 5, "1 published"),
    ],
)
def test_what_is_not_there_is_an_error_with_the_nearest(
    team: Site, words: tuple[str, ...], code: int, told: str
) -> None:
    ran = team.run(*words)
    assert (ran.code, ran.out, told in ran.err) == (code, "", True), ran.err


def test_each_grant_has_what_a_reviewer_needs(team: Site) -> None:
    for one in table(team, "grants", "acme"):
        assert one["principal"] == f"{one['principal_type']}:{one['principal_id']}"
        assert one["entitlement"] == f"{one['resource_type']}:{one['resource_id']}/{one['slug']}"
        assert "@" in one["principal_email"]
        assert one["privileged"] in ("yes", "no")
    held = [one["principal"] for one in table(team, "grants", "acme", "--privileged")]
    assert held == [one["principal"] for one in table(team, "grants", "acme") if one["privileged"] == "yes"]
    admins = [one["resource"] for one in table(team, "resources", "acme", "--privileged")]
    assert sorted(admins) == sorted(set(held))


def test_orphans_are_groups_without_anybody_and_accounts_without_anything(team: Site) -> None:
    holding = {one["principal"] for one in table(team, "grants", "acme")}
    held = {f"{one['resource_type']}:{one['resource_id']}" for one in table(team, "grants", "acme")}
    every = table(team, "resources", "acme")
    alone = {one["resource"] for one in every if one["type"] == "user" and one["resource"] not in holding}
    empty = {one["resource"] for one in every if one["type"] == "group" and one["resource"] not in held}
    assert {one["resource"] for one in table(team, "resources", "acme", "--orphans")} == alone | empty
    assert "Nobody Here" in "".join(lines(team, "resources", "acme", "--orphans"))
    assert table(team, "grants", "acme", "--orphans") == []


def test_the_dormant_are_those_who_are_known_to_have_been_away(team: Site) -> None:
    ran = team.run("resources", "acme", "--dormant", "30", "--output", "csv")
    assert "all sign-ins are known from" in ran.err
    assert "dormant for 30 days is meant as of then" in ran.err
    assert "last_sign_in" in ran.out.splitlines()[0]
    assert "as of " in team.run("findings", "acme", "--kind", "dormant").out
    assert "counted back from then" in team.run("findings", "acme", "--kind", "dormant").err
    assert set(team.run("findings", "acme", "--output", "json").json["sign_ins_known"]) == {"from", "until"}
    assert (
        "Last sign-ins: all sign-ins are known from" in team.run("export", "acme", "--format", "csv", "-o", "out").err
    )
    away = [row["id"] for row in csv.DictReader(io.StringIO(ran.out))]
    control = enabled_of(team)
    assert control[0] in away
    assert control[1] not in away
    assert "it is not known" in team.run("resources", "acme", "--dormant", "365").err
    told = team.run("resources", "acme", "--dormant", "365", "--output", "json").json
    assert (told["dormant_days"], told["unknown"] > 0, told["sign_ins_known"]["until"] is not None) == (365, True, True)
    known = team.run("resources", "acme", "--dormant", "30", "--output", "json").json["resources"]
    assert any(one["last_sign_in"] for one in known)
    assert team.run("resources", "acme", "--run", "").code == 5
    assert {one["principal_id"] for one in table(team, "grants", "acme", "--dormant", "30")} <= set(away)


def test_a_sync_tells_how_far_sign_ins_are_known(team: Site) -> None:
    assert "  activity, team_log.logins: all is known from" in team.run("sync", "acme").out


def enabled_of(site: Site) -> list[str]:
    listed = site.run("events", "acme", "--stored", "--output", "json").json["events"]
    signed_in = listed[0]["principal"]["id"]
    known = site.run("resources", "acme", "--status", "enabled", "--type", "user", "--output", "json").json["resources"]
    return [next(each["id"] for each in known if each["id"] != signed_in), signed_in]


def test_without_any_sign_ins_nobody_can_be_called_dormant(tmp_path: Path) -> None:
    with simulator_beside(TeamOptions(members=6)) as control:
        site = Site(tmp_path, control)
        site.run("sync", "acme")
        ran = site.run("resources", "acme", "--dormant", "30")
        assert (ran.code, "nobody can be called dormant" in ran.err) == (5, True)


def test_access_is_shown_as_a_tree(team: Site) -> None:
    mail = lines(team, "resources", "acme", "--privileged", "--columns", "e-mail", "--no-header")[0].strip()
    held = lines(team, "access", "acme", mail)
    tree = lines(team, "access", "acme", mail, "--tree")
    assert len(tree) == len(held)
    assert tree[-1].startswith("└─ ")
    (one,) = lines(team, "access", "acme", mail, "--tree", "--privileged")[1:]
    assert one.endswith("(privileged)")
    assert team.run("access", "acme", mail, "--tree", "--output", "json").code == 2


@pytest.mark.parametrize("columns", [100, 160])
def test_no_address_is_broken_on_a_terminal(program: Path, team: Site, columns: int) -> None:
    shown = on_terminal(program, team, columns, 1000, "grants", "acme")
    for one in table(team, "grants", "acme"):
        assert one["principal_email"] in shown
    assert max(map(len, shown.splitlines())) >= min(columns, 70)


def test_a_long_table_goes_through_the_pager(program: Path, team: Site) -> None:
    assert on_terminal(program, team, 100, 10, "resources", "acme", PAGER="sed s/^/paged:/").count("paged:") > 50
    assert "paged:" not in on_terminal(
        program, team, 100, 10, "resources", "acme", "--no-pager", PAGER="sed s/^/paged:/"
    )
    assert "paged:" not in on_terminal(program, team, 100, 1000, "resources", "acme", PAGER="sed s/^/paged:/")
    # One that is not there is no reason to show nothing.
    assert "Nobody Here" in on_terminal(program, team, 100, 10, "resources", "acme", PAGER="no-such-pager")


def test_no_pager_waits_where_nobody_can_use_it(program: Path, team: Site) -> None:
    """A terminal that does not say how high it is, and one whose keys don't reach the command."""
    assert "paged:" not in on_terminal(program, team, 100, 0, "resources", "acme", PAGER="sed s/^/paged:/", LINES="")
    shown = on_terminal(program, team, 100, 10, "resources", "acme", PAGER="sed s/^/paged:/", stdin=subprocess.DEVNULL)
    assert "paged:" not in shown


LISTINGS = (
    *("resources acme --ids", "entitlements acme", "grants acme --ids", "who acme @group", "access acme @person"),
    *("findings acme", "diff acme", "diff acme --all --ids", "syncs acme", "events acme --stored", "connections"),
    *("export --list", "connectors list", "stats acme"),
)


@pytest.mark.parametrize("columns", [80, 60])
@pytest.mark.parametrize("words", LISTINGS)
def test_nothing_is_wider_than_the_terminal(
    program: Path, team: Site, control: Beside, words: str, columns: int
) -> None:
    grant = table(team, "grants", "acme", "--type", "group")[0]
    named = {"@group": f"group:{grant['resource_id']}", "@person": grant["principal_email"]}
    if words.startswith("diff") and (len(table(team, "syncs", "acme")) < 2 or not table(team, "diff", "acme")):
        who = table(team, "grants", "acme", "--type", "group")[-1]["principal_email"]
        control.change({"do": "suspend", "email": who})
        control.change({"do": "create_group", "name": "Quite a long name for a group that nobody needs"})
        assert team.run("sync", "acme").code == 0
    shown = on_terminal(program, team, columns, 1000, *(named.get(word, word) for word in words.split()))
    plain = [re.sub(r"\x1b\[[0-9;]*m", "", line).rstrip() for line in shown.splitlines()]
    assert len(plain) > 1
    assert [line for line in plain if cell_len(line) > columns] == []


@pytest.mark.parametrize(
    ("words", "columns"),
    [
        ("findings acme --kind admins", ("name", "why", "severity", "mend", "id")),
        ("syncs acme", ("run", "status", "reason")),
        ("events acme --stored", ("when", "who", "time", "principal")),
        ("connections", ("connection", "state", "account")),
    ],
)
@pytest.mark.parametrize("output", ["table", "csv", "json"])
def test_other_listings_take_columns_as_well(team: Site, words: str, columns: tuple[str, ...], output: str) -> None:
    bare = [] if output == "json" else ["--no-header"]
    for column in columns:
        ran = team.run(*words.split(), "--columns", column, "--sort", f"-{column}", *bare, "--output", output)
        assert (ran.code, len(ran.out.splitlines()) > 0) == (0, True), ran.err
    ran = team.run(*words.split(), "--columns", "nothing", "--output", output)
    assert (ran.code, "there is no column 'nothing'" in ran.err) == (2, True)


def test_what_is_followed_is_not_arranged(team: Site) -> None:
    assert team.run("events", "acme", "--follow", "--sort", "when").code == 2


def test_a_file_has_no_colour_and_no_pager(team: Site) -> None:
    ran = team.run("resources", "acme", "--status", "disabled")
    assert "\x1b" not in ran.out + ran.err


def on_terminal(
    program: Path, site: Site, columns: int, rows: int, *words: str, stdin: int | None = None, **environ: str
) -> str:
    """What a terminal of that size shows."""
    main, side = pty.openpty()
    env = {**os.environ, "COLUMNS": str(columns), "LINES": str(rows), "PAGER": "cat", "TERM": "xterm"} | environ
    command = [program, "--home", str(site.home.folder), *words]
    shown = b""
    with subprocess.Popen(
        command, cwd=site.folder, env=env, stdin=stdin or side, stdout=side, stderr=subprocess.DEVNULL
    ) as process:
        os.close(side)
        while True:
            try:
                got = os.read(main, 65536)
            except OSError:
                break  # the other end is closed
            if not got:
                break
            shown += got
        assert process.wait() == 0
    os.close(main)
    return shown.decode()
