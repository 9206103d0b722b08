"""A recording as an application: its answers over HTTP on this machine, for a test or by hand.

``python -m jackfield_testkit.replay FILE`` serves one until it is interrupted. Promises that each request that the recording
has is answered as it was then, and that any other is told, and answered as nothing that a connector could take for an
answer; and that a recording by anybody, whatever it holds, drives no terminal and ends in no traceback. Hides the server.
"""

import argparse
import re
import signal
import sys
import threading
from collections import Counter
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, cast
from urllib.parse import urlencode

import msgspec

from jackfield.errors import BadConfig
from jackfield.recording import Body, Exchange, Recorded, read_recording
from jackfield.recording.exchange import MOST_BYTES
from jackfield.visible import visible
from jackfield_testkit.matching import Asked, Matcher, asked

_MOST_BYTES = 67_108_864
_NOT_FORESEEN = 400
_HEADER = re.compile(r"[a-z0-9-]{1,64}")
_ADDRESS = re.compile(r"""https?://([^/?#"\\\s<>]{0,300})""")
_WITHOUT_BODY = (204, 304)
_OWN = ("content-length", "connection", "transfer-encoding", "content-encoding")
"""Headers that say how an answer is sent, which is the server's own affair."""


class UnforeseenRequest(AssertionError):
    """A connector asked for something that the recording does not have."""


class Replay:
    """A recording that is being served at ``base_url``.

    Raises BadConfig where it is of several connections, unless *connection* says which: one asked what another did, too.
    """

    def __init__(self, recorded: Recorded, *, connection: str | None = None) -> None:
        recorded = _of_one_connection(recorded, connection)
        self.recorded = recorded
        self.unforeseen: list[str] = []
        """What was asked for and is not in the recording, in sentences."""
        self.answered = 0
        """How many requests the recording had an answer to, a lost connection included."""
        try:
            self._matcher = Matcher(recorded.exchanges)
        except RecursionError:
            raise BadConfig("the recording holds JSON that is nested too deep") from None
        self._hosts = frozenset(each.host for each in recorded.exchanges)
        self._turn = threading.Lock()
        self._port = 0

    @property
    def base_url(self) -> str:
        """The address in whose place the application's own stood, without a path."""
        return f"http://127.0.0.1:{self._port}"

    @property
    def prefix(self) -> str:
        """The path that stood before the routes, which belongs to the address that a connection is configured with."""
        found = Counter(each.prefix for each in self.recorded.exchanges if each.prefix)
        return next((prefix for prefix, _ in found.most_common(1)), "")

    def demand_foreseen(self) -> None:
        """Raise UnforeseenRequest where something was asked for that the recording does not have."""
        if self.unforeseen:
            raise UnforeseenRequest("\n".join(self.unforeseen))

    def find(self, request: Asked) -> Exchange | None:
        """The exchange that answers *request*; None is kept in ``unforeseen``."""
        with self._turn:
            try:
                found, why = self._matcher.find(request), ""
            except RecursionError:
                found, why = None, f"{request} has JSON that is nested too deep"
            if found is None:
                self.unforeseen.append(why or self._matcher.why(request))
            else:
                self.answered += 1
            return found

    def content(self, body: Body) -> bytes:
        """The bytes of a recorded body, its addresses leading here."""
        if body.kind == "json":
            return self._here(msgspec.json.encode(body.value).decode()).encode()
        if body.kind == "form":
            return urlencode([(name, self._here(value)) for name, value in body.form]).encode()
        if body.kind == "none":
            return b""
        size = min(body.size, _MOST_BYTES)
        # No more than its length is known of it.
        return (b'{"' if body.kind == "broken" else b"replaced ").ljust(size, b"x")[: max(size, 1)]

    def headers(self, headers: dict[str, str]) -> dict[str, str]:
        """Recorded headers, their addresses leading here."""
        return {
            name: self._here(value)
            for name, value in headers.items()
            if _HEADER.fullmatch(name) and name not in _OWN and value.isascii() and value.isprintable()
        }

    def _here(self, text: str) -> str:
        return _ADDRESS.sub(lambda found: self.base_url if found[1] in self._hosts else found[0], text)

    @contextmanager
    def served(self, port: int = 0) -> Generator["Replay"]:
        """Serve it on *port* (0: any) as long as the block lasts."""
        try:
            server = _Server(("127.0.0.1", port), _Handler)
        except (OSError, OverflowError) as error:
            raise BadConfig(f"the port {port} of 127.0.0.1 can't be listened on: {error}", path="--port") from None
        server.replay = self
        self._port = server.server_address[1]
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        thread.start()
        try:
            yield self
        finally:
            server.shutdown()
            thread.join()
            server.server_close()


@contextmanager
def replaying(
    file: Path, *, strict: bool = True, connection: str | None = None, most: int = MOST_BYTES
) -> Generator[Replay]:
    """The recording in *file* of at most *most* bytes, served as long as the block lasts; of several, one *connection*.

    Raises BadConfig where it can't be read, and at the end UnforeseenRequest where something was asked for that it does not
    have, unless not *strict*.
    """
    with Replay(read_recording(file, most=most), connection=connection).served() as replay:
        yield replay
    if strict:
        replay.demand_foreseen()


def _of_one_connection(recorded: Recorded, connection: str | None) -> Recorded:
    names = dict.fromkeys(each.connection for each in recorded.exchanges)
    if connection is None and len(names) < 2:
        return recorded
    if connection not in names:
        several = ", ".join(visible(name[:80]) for name in list(names)[:20]) or "none"
        raise BadConfig(f"the recording has the connections {several}: say which (--connection)")
    mine = tuple(each for each in recorded.exchanges if each.connection == connection)
    return msgspec.structs.replace(recorded, exchanges=mine)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    replay: Replay


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = 60.0
    server_version, sys_version = "jackfield-replay", ""
    # Head and body leave in one piece: a client that waits for the second of two waits for an acknowledgement of the first.
    wbufsize = -1

    def __getattr__(self, name: str) -> Any:
        if name.startswith("do_"):
            return self._answer
        raise AttributeError(name)

    def _answer(self) -> None:
        replay = cast("_Server", self.server).replay
        length = self.headers.get("content-length", "0")
        if not length.isdecimal() or int(length) > _MOST_BYTES:
            self.send_error(413)
            self.close_connection = True
            return
        body = self.rfile.read(int(length))
        request = asked(self.command, self.path, body, self.headers.get("content-type", ""))
        found = replay.find(request)
        if found is None:
            self._send(
                _NOT_FORESEEN,
                {"content-type": "text/plain"},
                f"replay: {replay.unforeseen[-1]}".encode(errors="replace"),
            )
        elif found.answer is None:
            self.close_connection = True
        else:
            self._send(found.answer.status, replay.headers(found.answer.headers), replay.content(found.answer.body))

    def _send(self, status: int, headers: dict[str, str], body: bytes) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        if status not in _WITHOUT_BODY:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD" and status not in _WITHOUT_BODY:
            self.wfile.write(body)
        self.wfile.flush()

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing: what matters is in ``unforeseen``."""


def lines(recorded: Recorded) -> Generator[str]:
    """A recording for people: one line for each exchange."""
    several = len({each.connection for each in recorded.exchanges}) > 1
    for each in recorded.exchanges:
        came = f"{each.answer.status}" if each.answer is not None else f"no answer ({each.failed})"
        told = "" if each.body.kind == "none" else msgspec.json.encode(each.body.form or each.body.value).decode()
        of = f"{each.connection}  " if several else ""
        yield visible(f"{each.number:5} {each.at:8.1f} s  {of}{each.method} {each.path} {told[:120]} -> {came}")
    if recorded.end is None:
        yield "Its writing was cut off: what came after this is not in it."
    elif recorded.end.lost:
        yield f"{recorded.end.lost} of {recorded.end.requests} requests are not in it."


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve or list a recording; 0, 2 where it can't be read, 5 where something unforeseen was asked for."""
    out = argparse.ArgumentParser(
        prog="python -m jackfield_testkit.replay", description="Serves a recording over HTTP."
    )
    out.add_argument("file", type=Path, metavar="FILE", help="a file that `jackfield --record` wrote")
    out.add_argument("--port", type=int, default=0, help="port of 127.0.0.1 to listen on; 0 takes a free one")
    out.add_argument("--connection", metavar="NAME", help="which connection to serve, of a recording of several")
    out.add_argument("--most-bytes", type=int, default=MOST_BYTES, help="how large the file may be")
    out.add_argument("--list", action="store_true", help="print what was asked for and how it was answered, and end")
    given = out.parse_args(arguments)
    try:
        recorded = read_recording(given.file, most=given.most_bytes)
        if given.list:
            sys.stdout.writelines(f"{line}\n" for line in lines(recorded))
            return 0
        replay = Replay(recorded, connection=given.connection)
        return _serve(replay, given.port)
    except BadConfig as error:
        sys.stderr.write(f"Error: {error}\n")
        return error.exit_code


def _serve(replay: Replay, port: int) -> int:
    ended = threading.Event()

    def end(number: int, frame: object) -> None:
        ended.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, end)
    with replay.served(port):
        ready = {"base_url": replay.base_url, "prefix": replay.prefix, "exchanges": len(replay.recorded.exchanges)}
        sys.stdout.write(msgspec.json.encode(ready).decode() + "\n")
        sys.stdout.flush()
        told = 0
        while not ended.wait(0.2):
            for line in replay.unforeseen[told:]:
                sys.stderr.write(f"not in the recording: {visible(line)}\n")
                told += 1
    for line in replay.unforeseen[told:]:
        sys.stderr.write(f"not in the recording: {visible(line)}\n")
    return 5 if replay.unforeseen else 0


if __name__ == "__main__":
    sys.exit(main())
