"""Recordings under attack: what is hostile to replacing, to replaying, and to writing."""

import asyncio
import json
import resource
import socket
import subprocess
import sys
import time
from collections.abc import Generator
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from unicodedata import normalize
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import Request, urlopen

import msgspec
import pytest
from harness.cli import NAME, Site
from harness.spawned import spawn
from hypothesis import given
from hypothesis import strategies as st

from jackfield.clock import SystemClock
from jackfield.errors import BadConfig
from jackfield.http import Harmless, Response
from jackfield.log import NoLog
from jackfield.recording import Recording, open_recording, read_recording
from jackfield.recording.forms import Forms
from jackfield.recording.masking import Masker
from jackfield_scim.harmless import harmless as scim_harmless
from jackfield_testkit.presumptions import main as presumptions_main
from jackfield_testkit.replay import Replay, replaying
from jackfield_testkit.replay import main as replay_main

KEY = b"a key that only this test knows."
FORMS = Forms(KEY)
SCIM = Masker(FORMS, scim_harmless())
days = st.dates(date(1900, 1, 1), date(2040, 12, 31))


class TestForms:
    @pytest.mark.parametrize("secret", ["!!!!----$$$$----====1", "#1!", "p$w0rd!^", "----====1", "a1-.-.-.-"])
    def test_signs_that_are_no_separators_of_an_id_are_not_left_in_their_places(self, secret: str) -> None:
        assert FORMS.text(secret).replace(" ", "").isalpha()
        assert SCIM.string(f"{secret}", "note").replace(" ", "").isalpha()

    @pytest.mark.parametrize("name", ["password", "Password", "client_secret", "clientSecret", "passphrase", "new_pin"])
    def test_of_the_form_of_a_password_nothing_is_told(self, name: str) -> None:
        made = {
            SCIM.string(value, name) for value in ("ab1", "a-much-longer-1-than-that", "https://u:p@x.test/1", "[1]")
        }
        assert len(made) == 4 and all(each.replace(" ", "").isalpha() for each in made)

    @pytest.mark.parametrize("name", ["Schmidt-Leutheusser-Schnarrenberger", "finance-department-berlin-mitte"])
    def test_of_the_length_of_a_long_name_without_blanks_nothing_is_told(self, name: str) -> None:
        assert FORMS.text(name).isalpha() and len(FORMS.text(name)) == 20

    def test_what_is_long_and_no_words_keeps_the_form_of_an_id(self) -> None:
        assert len(FORMS.text("AbcDEfgHIjkLmNopQRstuV")) == 22

    def test_where_the_capitals_of_an_address_stand_is_not_told(self) -> None:
        made = FORMS.text("KATARZYNA@corp.test")
        assert made.partition("@")[0].isupper()
        mixed = [FORMS.text(f"{each}@corp.test").partition("@")[0] for each in ("McDonald", "MCdonald", "mcdonald")]
        assert len(set(mixed)) == 3 and len({each.lower() for each in mixed}) == 1
        at = [tuple(one.isupper() for one in each) for each in mixed[:2]]
        assert at[0] != (True, False, True, *[False] * 11) and at[1] != (True, True, *[False] * 12)

    def test_the_normal_forms_of_a_name_stay_those_of_one_name(self) -> None:
        composed, decomposed = (FORMS.text(normalize(form, "Zoë Å")) for form in ("NFC", "NFD"))
        assert composed != decomposed and normalize("NFC", decomposed) == composed

    @pytest.mark.parametrize("id", ["jsmith42", "550e8400-e29b-41d4-a716-446655440000", "a1", "ab12cd34ef"])
    def test_an_id_in_capitals_stays_the_same_id(self, id: str) -> None:
        assert FORMS.text(id.upper()) == FORMS.text(id).upper() != FORMS.text(id)

    def test_a_hexadecimal_id_in_capitals_stays_one(self) -> None:
        assert not {*FORMS.text("550E8400E29B41D4A716446655440000")} - {*"0123456789ABCDEF"}

    def test_a_table_by_address_keeps_every_row(self) -> None:
        table = dict.fromkeys(("a@corp.test", "a@Corp.test", "a@CORP.TEST", "A@corp.test", "Corp.test", "corp.test"), 1)
        assert len(SCIM.value(table)) == len(table)

    def test_what_follows_the_beginning_of_an_id_and_is_none_is_replaced_whole(self) -> None:
        known = Masker(FORMS, Harmless(prefixes=("g:",)))
        assert known.string("g:Marketing and 3 others", "").removeprefix("g:").replace(" ", "").isalpha()
        assert len(known.string("g:ab12-9", "")) == 8


class TestDays:
    @given(days)
    def test_a_day_alone_is_not_where_the_shift_of_times_leads(self, day: date) -> None:
        made = date.fromisoformat(FORMS.text(day.isoformat()))
        if day < date(2011, 1, 1):
            assert made < date(2010, 1, 3)
        else:
            assert timedelta() < day - made < timedelta(days=2 * 364)
        assert FORMS.text(f"{day}T00:00:00Z") == f"{made}T00:00:00Z"

    def test_days_do_not_all_move_alike_and_no_two_become_one(self) -> None:
        some = [date(1899, 1, 1) + timedelta(days=each) for each in range(0, 55_000, 7)]
        made = [date.fromisoformat(FORMS.text(each.isoformat())) for each in some]
        assert len(set(made)) == len(some)
        assert sum(before - after == -FORMS.shift for before, after in zip(some, made, strict=True)) < 200

    def test_times_of_accounts_still_move_together(self) -> None:
        first, second = (FORMS.text(f"2024-03-0{each}T10:11:12Z") for each in (1, 9))
        assert date.fromisoformat(second[:10]) - date.fromisoformat(first[:10]) == timedelta(days=8)
        assert FORMS.text("1971-03-05T10:11:12Z")[:10] == FORMS.text("1971-03-05")


class TestExpressions:
    def test_a_filter_keeps_its_form_and_its_value_is_the_one_of_the_answers(self) -> None:
        address = SCIM.string("o'neil+x@corp.test", "userName")
        assert SCIM.string('userName eq "o\'neil+x@corp.test"', "filter") == f'userName eq "{address}"'
        path = SCIM.string('members[value eq "48151623"]', "path")
        assert path == f'members[value eq "{SCIM.string("48151623", "value")}"]'
        odd = SCIM.string('displayName eq "Zo\\u00eb \\"B\\""', "filter")
        assert json.loads(odd.removeprefix("displayName eq ")) == SCIM.string('Zoë "B"', "displayName")

    @pytest.mark.parametrize(
        "text",
        [
            'userName eq "a" Kowalczyk',
            'Kowalczyk eq "a"',
            'urn:kowalczyk:User:userName eq "a"',
            'userName eq "Kowalczyk',
            'userName eq "Kowalczyk" "',
            '"Kowalczyk" eq "active"',
            'active.kowalczyk eq "a"',
            '"' * 50_000 + "Kowalczyk",
            '"\\q Kowalczyk"',
        ],
    )
    @pytest.mark.parametrize("field", ["filter", "path", "type", "note"])
    def test_what_is_not_known_in_an_expression_is_replaced(self, text: str, field: str) -> None:
        assert "kowalczyk" not in SCIM.string(text, field).lower()

    def test_the_way_to_an_attribute_is_no_value(self) -> None:
        enterprise = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
        for path in (f"{enterprise}:department", f"{enterprise}:manager.value", "name.familyName", "title"):
            assert SCIM.string(path, "path") == path
            assert SCIM.name(path) == path
            assert SCIM.string(path, "value") != path
        for path in (
            f"{enterprise}:kowalczyk",
            "urn:kowalczyk:department",
            "name.kowalczyk",
            "kowalczyk.name",
            "name.",
        ):
            assert "kowalczyk" not in SCIM.string(path, "path") + SCIM.name(path)

    def test_marks_without_end_take_no_longer_than_their_number(self) -> None:
        assert len(FORMS.text("\u0301\u0323" * 500_000)) < 50

    def test_a_word_of_the_protocol_in_quotes_is_a_value(self) -> None:
        assert SCIM.string('userName eq "active"', "filter") == f'userName eq "{SCIM.string("active", "userName")}"'
        assert "active" not in SCIM.string('userName eq "active"', "filter")

    def test_an_entity_tag_is_the_same_in_a_header_and_in_the_resource(self) -> None:
        tag = 'W/"Kowalczyk-1"'
        assert SCIM.headers({"ETag": tag})["etag"] == SCIM.value({"version": tag})["version"]
        assert "owalczyk" not in msgspec.json.encode(SCIM.headers({"If-Match": tag})).decode()


HEAD = '{"jackfield_recording":1,"version":"0"}\n'
ONE = {"number": 1, "at": 0.0, "connection": "c", "connector": "t", "method": "GET", "host": "h.example", "path": "/a"}
GIVEN = {"status": 200, "headers": {}, "body": {"kind": "json", "value": {}}}


def answer(value: Any) -> dict[str, Any]:
    return {"answer": GIVEN | {"body": {"kind": "json", "value": value}}}


def written(file: Path, *lines: dict[str, Any]) -> Path:
    file.write_text(HEAD + "".join(json.dumps(each) + "\n" for each in lines), encoding="utf-8")
    return file


def asked(replay: Replay, path: str, body: Any = None, **query: str) -> Any:
    """What *replay* answers, the status of a refusal."""
    url = replay.base_url + path + (f"?{urlencode(query)}" if query else "")
    data = None if body is None else json.dumps(body).encode()
    request = Request(url, data=data, headers={"Content-Type": "application/json"}, method="GET")
    try:
        with urlopen(request) as given:
            return json.load(given)
    except HTTPError as refused:
        with refused:
            return refused.code


def by_hand(file: Path, *options: str) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "jackfield_testkit.replay", str(file), *options]
    return subprocess.run(command, capture_output=True, text=True, timeout=60)


class TestReplayIsTrue:
    def test_a_filter_is_answered_for_the_one_it_asks_for(self, tmp_path: Path) -> None:
        people = {"Resources": [{"userName": "ann@x.example"}, {"userName": "bob@x.example"}]}
        file = written(
            tmp_path / "rec",
            ONE | {"path": "/Users"} | answer(people),
            *(
                ONE | {"path": "/Users", "query": [["filter", f'userName eq "{each}"']]} | answer([each.upper()])
                for each in ("ann@x.example", "bob@x.example", "typed@x.example")
            ),
        )
        with replaying(file, strict=False) as replay:
            assert asked(replay, "/Users", filter='userName eq "bob@x.example"') == ["BOB@X.EXAMPLE"]
            assert asked(replay, "/Users", filter='userName eq "ann@x.example"') == ["ANN@X.EXAMPLE"]
            assert asked(replay, "/Users", filter='userName eq "by somebody else"') == ["TYPED@X.EXAMPLE"]
            assert asked(replay, "/Users", filter='displayName eq "by somebody else"') == 400
            assert asked(replay, "/Users", filter='userName eq "ann@x.example" and x eq "y"') == 400

    def test_a_route_below_another_address_is_another(self, tmp_path: Path) -> None:
        some = (ONE | {"prefix": f"/{each}"} | answer(each) for each in ("one", "two", "three"))
        with replaying(written(tmp_path / "rec", *some)) as replay:
            assert [asked(replay, f"/{each}/a") for each in ("two", "one", "two", "three")] == [
                *("two", "one", "two", "three")
            ]
            assert replay.prefix == "/one"

    def test_of_several_connections_one_is_chosen(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        file = written(tmp_path / "rec", ONE | answer("c's"), ONE | {"connection": "d"} | answer("d's"))
        with pytest.raises(BadConfig, match="connections c, d: say which"), replaying(file):
            pass
        with pytest.raises(BadConfig), replaying(file, connection="e"):
            pass
        with replaying(file, connection="d") as replay:
            assert [asked(replay, "/a") for _ in range(2)] == ["d's", "d's"]
        assert replay_main([str(file)]) == 2 and "connections" in capsys.readouterr().err
        assert replay_main([str(file), "--list"]) == 0 and "d  GET /a" in capsys.readouterr().out

    def test_an_answer_without_a_body_has_none(self, tmp_path: Path) -> None:
        file = written(tmp_path / "rec", ONE | {"answer": GIVEN | {"status": 204}}, ONE | {"path": "/b"} | answer("b"))
        with (
            replaying(file) as replay,
            socket.create_connection(replay.base_url.removeprefix("http://").split(":")) as it,
        ):
            it.sendall(b"GET /a HTTP/1.1\r\nHost: x\r\n\r\nGET /b HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
            content = b"".join(iter(lambda: it.recv(65_536), b""))
        first, second = content.split(b"HTTP/1.1 ")[1:]
        assert first.startswith(b"204") and first.endswith(b"\r\n\r\n") and b"ength" not in first
        assert second.startswith(b"200") and second.endswith(b'"b"')

    def test_only_addresses_of_the_recording_lead_to_the_replay(self, tmp_path: Path) -> None:
        value = ["https://h.example/b", "http://h.example", "https://h.example.org/", "https://other.example/c"]
        with replaying(written(tmp_path / "rec", ONE | answer(value))) as replay:
            here = replay.base_url
            assert asked(replay, "/a") == [f"{here}/b", here, "https://h.example.org/", "https://other.example/c"]


class TestHostileRecordings:
    def test_nothing_in_it_drives_a_terminal(self, tmp_path: Path) -> None:
        escape = "\x1b]0;owned\x07\r\u202e\x9b2J"
        hostile = dict.fromkeys(("method", "path", "failed", "connection", "host", "connector", "prefix"), escape)
        files = (
            written(tmp_path / "a", ONE | hostile, ONE | {"body": {"kind": "json", "value": escape}}),
            written(tmp_path / "b", ONE | {"body": {"kind": escape}}),
            written(tmp_path / "c", ONE | {escape: 1, "path": {escape: 1}}),
        )
        for file in files:
            for options in ((), ("--list",), ("--connection", "e")):
                if options or file.name != "a":
                    done = by_hand(file, *options)
                    assert done.stdout or done.stderr
                    assert not {*"\x1b\x07\r\u202e\x9b"} & {*(done.stdout + done.stderr)}, (file, options)

    def test_a_port_that_cannot_be_had_is_told(self, tmp_path: Path) -> None:
        file = written(tmp_path / "rec", ONE | answer(1))
        with socket.create_server(("127.0.0.1", 0)) as taken:
            for port in (str(taken.getsockname()[1]), "99999", "-1"):
                done = by_hand(file, "--port", port)
                assert done.returncode == 2 and done.stderr.startswith(f"Error: the port {port} "), done

    def test_what_is_larger_than_allowed_is_not_read(self, tmp_path: Path) -> None:
        file = written(tmp_path / "rec", ONE | answer("x" * 2000))
        with pytest.raises(BadConfig, match="too large"), replaying(file, most=1000):
            pass
        assert by_hand(file, "--list", "--most-bytes", "100").returncode == 2
        with file.open("ab") as stream:
            stream.truncate(1 << 36)  # a hole, which takes no space
        with pytest.raises(BadConfig, match="too large"):
            read_recording(file)

    @pytest.mark.parametrize("depth", [300, 500, 900, 20_000])
    def test_json_of_any_depth_ends_in_no_traceback(self, tmp_path: Path, depth: int) -> None:
        deep = "[" * depth + "1" + "]" * depth
        line = json.dumps(ONE | {"body": {"kind": "json", "value": "X"}} | answer("X")).replace('"X"', deep)
        (tmp_path / "rec").write_text(f"{HEAD}{line}\n")
        listed = by_hand(tmp_path / "rec", "--list")
        assert listed.returncode in (0, 2) and "Traceback" not in listed.stderr
        try:
            with replaying(tmp_path / "rec", strict=False) as replay:
                other = Request(
                    f"{replay.base_url}/a", data=deep.replace("1", "2").encode(), headers={"Content-Type": "x/json"}
                )
                other.method = "GET"
                with pytest.raises(HTTPError) as refused:
                    urlopen(other)
                refused.value.close()
                assert refused.value.code == 400 and len(replay.unforeseen) == 1
        except BadConfig as error:
            assert "deep" in str(error) or "recursion" in str(error)

    @pytest.mark.parametrize("change", [{"at": 1e300}, {"at": -1.0}, {"number": -1}])
    def test_numbers_that_no_recording_has_are_told(self, tmp_path: Path, change: dict[str, Any]) -> None:
        with pytest.raises(BadConfig, match="line 2"):
            read_recording(written(tmp_path / "rec", ONE | change))

    def test_quotes_and_hosts_without_end_take_no_longer_than_their_length(self, tmp_path: Path) -> None:
        quotes = '\\"' * 30_000
        hosts = [ONE | {"host": f"h{each}.example"} for each in range(3000)]
        text = " ".join(f"https://h{each}.example/x" for each in range(30_000))
        file = written(tmp_path / "rec", ONE | {"query": [["filter", quotes]]} | answer(text), *hosts)
        with replaying(file, strict=False) as replay:
            began = time.monotonic()
            assert asked(replay, "/a", filter='"' * 20_000) == 400
            assert time.monotonic() - began < 30


@contextmanager
def room(size: int) -> Generator[None]:
    """No file of this process grows beyond *size* bytes, as on a disk that is full."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


class Answers:
    """A sender that answers everything."""

    async def send(self, method: str, url: str, **_: Any) -> Response:
        return Response(status=200, headers={"Content-Type": "application/json"}, body=b'{"a": 1}')


def send(recording: Recording, times: int) -> None:
    sender = recording.of("acme", "tiny", Harmless(fields=frozenset("a")))(Answers())
    for _ in range(times):
        asyncio.run(sender.send("GET", "https://x.test/users", body=None, headers={}))


class TestWriting:
    def test_a_recording_says_that_it_has_every_request(self, tmp_path: Path) -> None:
        with open_recording(tmp_path / "rec", SystemClock(), NoLog()) as recording:
            send(recording, 3)
            running = read_recording(tmp_path / "rec")
            assert len(running.exchanges) == 3 and running.end is None and not running.whole
        found = read_recording(tmp_path / "rec")
        assert found.whole and found.end is not None and (found.end.requests, found.end.lost) == (3, 0)
        with (tmp_path / "rec").open("a") as stream:
            stream.write(json.dumps(ONE) + "\n")
        assert not read_recording(tmp_path / "rec").whole

    def test_after_the_end_nothing_is_written_wherever_the_descriptor_leads_to(self, tmp_path: Path) -> None:
        with open_recording(tmp_path / "rec", SystemClock(), NoLog()) as recording:
            send(recording, 1)
        content = (tmp_path / "rec").read_bytes()
        with (tmp_path / "another").open("wb"):  # which has its descriptor now
            send(recording, 1)
        assert (tmp_path / "another").read_bytes() == b"" and (tmp_path / "rec").read_bytes() == content

    def test_where_there_is_no_room_at_all_no_file_is_left(self, tmp_path: Path) -> None:
        recording = open_recording(tmp_path / "rec", SystemClock(), NoLog())
        with room(10), pytest.raises(BadConfig, match="can't be written"), recording:
            pass
        assert not (tmp_path / "rec").exists()

    def test_where_the_room_ends_no_half_line_is_left_and_it_says_so(self, tmp_path: Path) -> None:
        with open_recording(tmp_path / "rec", SystemClock(), NoLog()) as recording:
            send(recording, 2)
            with room((tmp_path / "rec").stat().st_size + 50):
                send(recording, 2)
            send(recording, 1)
            assert (recording.written, recording.lost) == (2, 3)
        found = read_recording(tmp_path / "rec")
        assert len(found.exchanges) == 2 and not found.whole
        assert (tmp_path / "rec").read_bytes().endswith(b"}\n")
        assert "cut off" in by_hand(tmp_path / "rec", "--list").stdout

    def test_what_cannot_be_told_is_counted(self, tmp_path: Path) -> None:
        with open_recording(tmp_path / "rec", SystemClock(), NoLog()) as recording:
            send(recording, 1)
            recording.begin()  # whose answer never comes
        end = read_recording(tmp_path / "rec").end
        assert end is not None and (end.requests, end.lost) == (2, 1)
        assert "1 of 2 requests" in by_hand(tmp_path / "rec", "--list").stdout

    def test_presumptions_are_not_told_of_a_part_as_of_the_whole(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        file = written(tmp_path / "rec", ONE | answer(1))
        assert presumptions_main({"a": "A."}, {"a": lambda _: [(1, True)]}, {}, [str(file)]) == 0
        assert "does not have every request" in capsys.readouterr().err
        with file.open("a") as stream:
            stream.write('{"ended":true,"requests":1,"lost":0}\n')
        assert presumptions_main({"a": "A."}, {"a": lambda _: [(1, True)]}, {}, [str(file)]) == 0
        assert not capsys.readouterr().err

    def test_the_command_tells_what_is_not_in_it(self, tmp_path: Path) -> None:
        with spawn("--members", "24", "--groups", "6", "--seed", "1") as simulator:
            site = Site(tmp_path, simulator)
            done = site.run("--record", "sync.rec", "sync", NAME)
            assert done.code == 0 and "not in it" not in done.err
            assert read_recording(tmp_path / "sync.rec").whole
            again = site.run("check", NAME, "--record", "sync.rec")
            assert again.code == 2 and "there already" in again.err and "Nothing is recorded" not in again.err
