"""Recordings under attack: a replay is true, a hostile recording harmless, and a file whole or told not to be."""

import asyncio
import json
import re
import resource
import socket
import subprocess
import sys
import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import Request, urlopen

import pytest
from harness.cli import NAME, Site
from harness.spawned import spawn

from jackfield.clock import SystemClock
from jackfield.errors import BadConfig
from jackfield.http import Harmless, Response
from jackfield.log import NoLog
from jackfield.recording import Recording, open_recording, read_recording
from jackfield_testkit.presumptions import main as presumptions_main
from jackfield_testkit.replay import Replay, replaying
from jackfield_testkit.replay import main as replay_main

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

    def test_a_service_that_was_told_to_end_leaves_a_whole_one(self, tmp_path: Path) -> None:
        with spawn("--members", "24", "--groups", "6", "--seed", "1") as simulator:
            site = Site(tmp_path, simulator)
            started = site.start("--record", "serve.rec", "serve")
            started.until(re.compile('"event": ?"synced"'))
            started.process.terminate()
            done = started.end()
        found = read_recording(tmp_path / "serve.rec")
        assert done.code == 0 and "Recorded: " in done.err
        assert found.end is not None and len(found.exchanges) == found.end.requests - found.end.lost > 1
