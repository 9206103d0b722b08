"""Recordings: nothing of anybody is in them, they can be replayed, and writing them disturbs nothing."""

import asyncio
import json
import re
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import msgspec
import pytest
from harness.cli import NAME, Site
from harness.leaks import found_in
from harness.simulators import simulating
from harness.spawned import spawn
from harness.syncs import Bench, snapshot_of

from jackfield.clock import SystemClock
from jackfield.errors import BadConfig
from jackfield.log import NoLog
from jackfield.recording import open_recording, read_recording
from jackfield.recording import recorder as recorder_module
from jackfield.recording.forms import Forms
from jackfield.recording.masking import Masker
from jackfield.snapshots.reader import read_snapshot
from jackfield.state import Home, open_state
from jackfield_contracts import AccountStatus
from jackfield_dropbox.harmless import harmless
from jackfield_dropbox.presumed import CHECKS, PRESUMED, UNSEEN
from jackfield_dropbox_simulator.behaviour import Behaviour, changed
from jackfield_dropbox_simulator.options import TeamOptions
from jackfield_testkit.presumptions import Bearing, borne_out
from jackfield_testkit.presumptions import main as presumptions_main
from jackfield_testkit.replay import UnforeseenRequest, replaying

JSON = {"Content-Type": "application/json"}
KEY = b"a key that only this test knows."


def strings(value: object) -> Iterator[str]:
    """Each text in JSON, names of fields, and JSON inside of texts included."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for key, each in value.items():
            yield from strings(key)
            yield from strings(each)
    elif isinstance(value, list):
        for each in value:
            yield from strings(each)


def public() -> set[str]:
    """What the connector's package and the form of a recording say themselves, and the words in that, in small letters."""
    known = harmless()
    words = {*known.fields, *known.paths, *(word for some in known.words.values() for word in some), "content-type"}
    return {part.casefold() for word in words for part in (word, *re.split(r"[\W_]", word))}


def test_the_search_finds_each_form() -> None:
    text = "Jürgen O'Neil <j@x.example>"
    for planted in (
        text.upper(),
        "J%C3%BCrgen%20O%27Neil%20%3Cj%40x.example%3E",
        json.dumps(text),
        "eHhK" + "w7xyZ2VuIE8nTmVpbCA8akB4LmV4YW1wbGU+",
        text.encode().hex(),
    ):
        assert found_in(f"before {planted} after", [text]), planted
    assert found_in('{"name":"Anna"}', ["Anna"])
    assert not found_in('{"name":"Hannah"}', ["Anna"])


def moved(value: Any, known: dict[str, str], forms: Forms) -> Any:
    """What a row of a snapshot becomes, where each text that came from the application is replaced."""
    if isinstance(value, dict):
        return {key: moved(each, known, forms) for key, each in value.items()}
    if isinstance(value, list):
        return [moved(each, known, forms) for each in value]
    if not isinstance(value, str):
        return value
    if value in known:
        return known[value]
    head, colon, rest = value.partition(":")
    if colon and rest.removesuffix("/*") in known:  # a scope or a set of entitlements
        whole = rest.removesuffix("/*")
        return f"{head}:{known[whole]}{rest.removeprefix(whole)}"
    if re.match(r"(account_id|external_id|persistent_id)=", value):  # several ids in one
        return re.sub(r"(\w+_id)=(.*?)(?= \w+_id=|$)", lambda found: f"{found[1]}={known[found[2]]}", value)
    name, blank, kind = value.rpartition(" ")
    if blank and name in known:  # the name of an entitlement
        return f"{known[name]} {kind}"
    if re.fullmatch(r"\d{4}-\d\d-\d\dT.*", value):
        return forms.text(value)
    return value


def rows(file: Path) -> list[Any]:
    """All rows of a snapshot, as JSON."""
    with read_snapshot(file) as snapshot:
        some = [*snapshot.resources(), *snapshot.entitlements(), *snapshot.grants()]
        return [msgspec.json.decode(msgspec.json.encode(each)) for each in some]


def in_order(some: list[Any]) -> list[bytes]:
    return sorted(msgspec.json.encode(each, order="sorted") for each in some)


@pytest.mark.long
def test_nothing_of_two_thousand_people_is_in_it_and_it_replays_to_the_same_snapshot(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recorder_module, "token_bytes", lambda size: KEY)
    file, raw = tmp_path / "recorded.jsonl", tmp_path / "raw.jsonl"

    async def record() -> tuple[Path, dict[str, Any], list[str]]:
        team = TeamOptions(members=2000, groups=100, seed=5)
        async with simulating(team, record=str(raw)) as simulator:
            home = Home(folder=tmp_path / "home").ensure()
            with open_state(home.database) as state, open_recording(file, SystemClock(), NoLog()) as recording:
                run = (await Bench(home, state).sync(simulator, recording=recording)).run
            secrets = [simulator.app_key, simulator.app_secret, simulator.refresh_token, simulator.base_url]
            return snapshot_of(run), simulator.truth(), secrets

    async def replayed() -> Path:
        with replaying(file) as replay:
            replay.app_key, replay.app_secret, replay.refresh_token = "another", "secret", "token"
            home = Home(folder=tmp_path / "replayed").ensure()
            with open_state(home.database) as state:
                return snapshot_of((await Bench(home, state).sync(replay)).run)

    original, truth, secrets = asyncio.run(record())
    answers = [json.loads(json.loads(line)["answer"]) for line in raw.read_text().splitlines()]
    texts = {
        *(text for each in (*truth["users"], *truth["groups"]) for text in strings([*each.values()])),
        *(text for each in answers for text in strings(each)),
        *secrets,
        *(part for each in truth["users"] for part in each["display_name"].split()),
        *(each["email"].partition("@")[0] for each in truth["users"]),
        NAME,
    }
    named = public()
    personal = {text for text in texts if text.casefold() not in named}
    assert len(personal) > 8000
    assert not found_in(file.read_text(), personal)

    forms = Forms(KEY)
    masker = Masker(forms, harmless())
    named |= {each.value for each in AccountStatus}  # words of the host's own
    known = {text: masker.string(text, "") for text in texts if text not in named}
    expected = in_order(moved(rows(original), known, forms))
    found = in_order(rows(asyncio.run(replayed())))
    wrong = [(mine, its) for mine, its in zip(found, expected, strict=True) if mine != its]
    assert not wrong, "\n".join(text.decode() for pair in wrong[:3] for text in pair)
    assert len(expected) > 8000


async def recorded_team(folder: Path, **service: Any) -> Path:
    """The recording of a sync of a small team that behaves so, made on anybody's key."""
    file = folder / "recorded.jsonl"
    async with simulating(TeamOptions(members=60, groups=9, seed=2), **service) as simulator:
        home = Home(folder=folder / "home").ensure()
        with open_state(home.database) as state, open_recording(file, SystemClock(), NoLog()) as recording:
            await Bench(home, state).sync(simulator, recording=recording, retry_deadline=1.0)
    return file


def bearings(file: Path) -> dict[str, Bearing]:
    found = borne_out(PRESUMED, CHECKS, UNSEEN, read_recording(file))
    return {each.name: each.bearing for each in found}


FLIPPED = {
    "used-licenses": {"used_licenses": "limited_too"},
    "provisioned-users": {"provisioned_users": "suspended_too"},
    "member-count": {"member_count": "without_suspended"},
    "groups-a-call": {"groups_a_call": "refuses_many"},
    "profile-groups": {"profile_groups": "absent_for_some"},
    "role-catalogue": {"role_catalogue": "without_one"},
    "member-row": {"broken_member": "no_email"},
    "group-row": {"broken_group": "no_name"},
    "group-member-row": {"broken_group_member": "no_access"},
}


class TestPresumptions:
    def test_every_presumption_is_checked_or_its_silence_has_a_reason(self) -> None:
        assert {*CHECKS, *UNSEEN} == set(PRESUMED)
        assert not CHECKS.keys() & UNSEEN.keys()

    def test_of_a_team_as_it_is_documented_nothing_is_called_wrong(self, tmp_path: Path) -> None:
        found = bearings(asyncio.run(recorded_team(tmp_path)))
        assert Bearing.NOT_HELD not in found.values()
        assert all(found[name] is Bearing.HELD for name in FLIPPED)

    @pytest.mark.parametrize("name", FLIPPED)
    def test_what_the_application_does_otherwise_shows(self, tmp_path: Path, name: str) -> None:
        behaviour = changed(Behaviour(), FLIPPED[name])
        assert bearings(asyncio.run(recorded_team(tmp_path, behaviour=behaviour)))[name] is Bearing.NOT_HELD

    def test_the_command_tells_each_and_ends_with_5_where_one_did_not_hold(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        behaviour = changed(Behaviour(), FLIPPED["used-licenses"])
        file = asyncio.run(recorded_team(tmp_path, behaviour=behaviour))
        assert presumptions_main(PRESUMED, CHECKS, UNSEEN, [str(file)]) == 5
        told = capsys.readouterr().out
        assert "not held  used-licenses" in told and "in request " in told
        assert presumptions_main(PRESUMED, CHECKS, UNSEEN, [str(file), "--json"]) == 5
        assert len(capsys.readouterr().out.splitlines()) == len(PRESUMED)
        assert presumptions_main(PRESUMED, CHECKS, UNSEEN, [str(tmp_path / "nowhere")]) == 2


class TestReplay:
    def test_what_is_not_in_it_is_told_and_is_no_answer(self, tmp_path: Path) -> None:
        file = asyncio.run(recorded_team(tmp_path))
        with pytest.raises(UnforeseenRequest, match="team/members/get_info_v2"), replaying(file) as replay:
            request = Request(f"{replay.base_url}/2/team/members/get_info_v2", data=b'{"members":[]}', headers=JSON)
            with pytest.raises(HTTPError) as refused:
                urlopen(request)
            assert refused.value.code == 400
            assert b"the recording has no POST /2/team/members/get_info_v2" in refused.value.read()

    def test_what_came_from_an_answer_is_matched_exactly(self, tmp_path: Path) -> None:
        head, path = '{"jackfield_recording":1,"version":"0"}', "/users"
        common = {"number": 1, "at": 0.0, "connection": "c", "connector": "t", "method": "POST", "host": "h.example"}

        def line(asked: Any, given: Any) -> str:
            answer = {"status": 200, "headers": {}, "body": {"kind": "json", "value": given}}
            return json.dumps({**common, "path": path, "body": {"kind": "json", "value": asked}, "answer": answer})

        file = tmp_path / "rec"
        some = [line({"since": "a"}, ["u1", "u2"]), line({"id": "u1"}, "one"), line({"id": "u1"}, "two")]
        file.write_text("\n".join([head, *some]) + "\n")
        with replaying(file, strict=False) as replay:

            def ask(value: Any) -> Any:
                return json.load(
                    urlopen(Request(replay.base_url + path, data=json.dumps(value).encode(), headers=JSON))
                )

            assert ask({"since": "typed by somebody else"}) == ["u1", "u2"]
            assert [ask({"id": "u1"}) for _ in range(3)] == ["one", "two", "two"]
            with pytest.raises(HTTPError):
                ask({"id": "u2"})
            assert len(replay.unforeseen) == 1 and replay.answered == 4

    def test_by_hand(self, tmp_path: Path) -> None:
        file = asyncio.run(recorded_team(tmp_path))
        command = [sys.executable, "-m", "jackfield.testkit.replay", str(file)]
        listed = subprocess.run([*command, "--list"], capture_output=True, text=True, check=True)
        assert len(listed.stdout.splitlines()) == len(read_recording(file).exchanges)
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
            assert process.stdout is not None and process.stderr is not None
            base_url = json.loads(process.stdout.readline())["base_url"]
            with pytest.raises(HTTPError):
                urlopen(f"{base_url}/nowhere")
            process.terminate()
            assert "GET /nowhere" in process.stderr.read()
            assert process.wait() == 5


class TestCommand:
    def test_each_command_that_asks_the_application_is_recorded(self, tmp_path: Path) -> None:
        with spawn("--members", "24", "--groups", "6", "--seed", "1") as simulator:
            site = Site(tmp_path, simulator, provisioning=True, activity=True)
            for name, command in (
                ("sync", ("sync", NAME)),
                ("check", ("check", NAME)),
                ("events", ("events", NAME)),
                ("account", ("account", "create", NAME, "email=new@team.example", "--yes")),
            ):
                done = site.run("--record", f"{name}.rec", *command)
                exchanges = read_recording(tmp_path / f"{name}.rec").exchanges
                assert done.code == 0 and len(exchanges) > 1, (name, done)
                assert f"Recorded: {len(exchanges)} requests in {name}.rec." in done.err
                assert stat.S_IMODE((tmp_path / f"{name}.rec").stat().st_mode) == 0o600
            assert "new@team" not in (tmp_path / "account.rec").read_text()
            again = site.run("check", NAME, "--record", "check.rec")
            assert again.code == 2 and "check.rec is there already" in again.err
            idle = site.run("--record", "idle.rec", "stats", NAME)
            assert idle.code == 0 and "Nothing is recorded" in idle.err and not (tmp_path / "idle.rec").exists()

    def test_a_kill_leaves_a_recording_that_can_be_read(self, tmp_path: Path) -> None:
        with spawn("--members", "60", "--groups", "9", "--page-cap", "5", "--latency", "50") as simulator:
            site = Site(tmp_path, simulator)
            started = site.start("--record", "killed.rec", "sync", NAME)
            file, until = tmp_path / "killed.rec", time.monotonic() + 60
            while not file.exists() or len(file.read_bytes().splitlines()) < 4:
                assert time.monotonic() < until
                time.sleep(0.01)
            started.kill()
        assert len(read_recording(file).exchanges) >= 3


HEAD = '{"jackfield_recording":1,"version":"0"}\n'
ONE = {"number": 1, "at": 0.0, "connection": "c", "connector": "t", "method": "GET", "host": "h.example", "path": "/a"}
GIVEN = {"status": 200, "headers": {}, "body": {"kind": "json", "value": {}}}


@pytest.mark.parametrize(
    "line",
    [
        ONE | {"answer": GIVEN | {"status": 101}},
        ONE | {"answer": GIVEN | {"body": {"kind": "other", "size": -1}}},
        ONE | {"body": {"kind": "form", "form": "no pairs"}},
        ONE | {"path": None},
    ],
)
def test_a_recording_that_somebody_has_damaged_is_told_by_its_line(tmp_path: Path, line: dict[str, Any]) -> None:
    (tmp_path / "rec").write_text(HEAD + json.dumps(line) + "\n")
    with pytest.raises(BadConfig, match="line 2"), replaying(tmp_path / "rec"):
        pass


def test_recorded_answers_are_given_as_they_can_be(tmp_path: Path) -> None:
    headers = {
        "x-a": "b\r\nx-c: d",
        "transfer-encoding": "chunked",
        "link": '<https://h.example/b>; rel="next"',
        "ü": "x",
    }
    some = (
        ONE
        | {"answer": GIVEN | {"headers": headers, "body": {"kind": "json", "value": {"next": "https://h.example/b"}}}},
        ONE | {"path": "/b", "answer": GIVEN | {"body": {"kind": "broken", "size": 20}}},
        ONE | {"path": "/c", "failed": "Transient"},
        ONE
        | {
            "path": "/d",
            "query": [["key", None]],
            "answer": GIVEN | {"body": {"kind": "form", "form": [["a", "b c"]]}},
        },
    )
    (tmp_path / "rec").write_text(HEAD + "".join(json.dumps(each) + "\n" for each in some))
    with replaying(tmp_path / "rec") as replay:
        with urlopen(f"{replay.base_url}/a") as given:
            assert json.load(given) == {"next": f"{replay.base_url}/b"}
            assert given.headers["link"] == f'<{replay.base_url}/b>; rel="next"'
            assert given.headers["x-a"] is None and given.headers["x-c"] is None
        with urlopen(f"{replay.base_url}/b") as given, pytest.raises(ValueError):
            json.load(given)
        with pytest.raises(ConnectionError):
            urlopen(f"{replay.base_url}/c")
        with urlopen(f"{replay.base_url}/d?key=anybody's") as given:
            assert given.read() == b"a=b+c"
