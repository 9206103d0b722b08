"""Python programs as processes that are forked from one in which everything is imported already.

Such a process is one in every way: it has an id, signals, streams, variables, a folder and an end of its own. Only the
interpreter's start and the imports, which take most of a short command's time, are not paid for again. What a command
imports, and what its start costs, is for tests that start programs themselves.

This module as a program is what they are forked from: it has no thread, serves the process that started it, and ends
with it.
"""

import atexit
import functools
import gc
import importlib
import io
import json
import os
import pkgutil
import runpy
import select
import selectors
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO, Any, NamedTuple, NoReturn, TextIO, cast

JACKFIELD = str(Path(sys.executable).with_name("jackfield"))
SIMULATOR = (sys.executable, "-m", "jackfield_dropbox_simulator")
_PACKAGES = (
    "jackfield.cli",
    "jackfield_dropbox",
    "jackfield_roster",
    "jackfield_dropbox_simulator",
    "jackfield_service",
    "jackfield_c1",
)
_MODULES = ("aiohttp", "httpx", "httpx_aiohttp", "stamina", "rich.progress", "openpyxl")
STREAMS = 3


class Forked:
    """A process that runs; what tests use of ``subprocess.Popen``."""

    def __init__(
        self,
        told: socket.socket,
        stdin: IO[str] | None,
        stdout: TextIO,
        stderr: TextIO,
    ) -> None:
        self.stdin = stdin
        self.stdout = stdout
        self.stderr = stderr
        self.returncode: int | None = None
        self._told = told.makefile("r", encoding="utf-8")
        self._socket = told
        self.pid = int(self._told.readline())

    def poll(self) -> int | None:
        """The exit code, negative after a signal; None while it runs."""
        return self._ended(0.0)

    def wait(self, timeout: float | None = None) -> int:
        """The exit code, once it has ended."""
        if (code := self._ended(timeout)) is None:
            raise subprocess.TimeoutExpired(str(self.pid), timeout or 0.0)
        return code

    def _ended(self, timeout: float | None) -> int | None:
        if self.returncode is None and select.select([self._socket], [], [], timeout)[0]:
            self.returncode = int(self._told.readline())
            self._told.close()
            self._socket.close()
        return self.returncode

    def send_signal(self, number: int) -> None:
        """Send it a signal, unless it has ended."""
        if self.poll() is None:
            os.kill(self.pid, number)

    def terminate(self) -> None:
        """Ask it to end."""
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """End it as a power cut would."""
        self.send_signal(signal.SIGKILL)

    def communicate(self, given: str | None = None, timeout: float | None = None) -> tuple[str, str]:
        """Write *given*, read both streams to their ends, and wait for its own."""
        until = None if timeout is None else time.monotonic() + timeout
        said = ["", ""]

        def read(number: int, stream: TextIO) -> None:
            said[number] = stream.read()

        def write(stream: IO[str]) -> None:
            with suppress(BrokenPipeError), stream:  # it may have ended, or not want to know
                stream.write(given or "")

        jobs = [
            threading.Thread(target=read, args=(number, stream), daemon=True)
            for number, stream in enumerate((self.stdout, self.stderr))
        ]
        if self.stdin is not None:
            jobs.append(threading.Thread(target=write, args=(self.stdin,), daemon=True))
        for job in jobs:
            job.start()
        for job in jobs:
            job.join(None if until is None else max(0.0, until - time.monotonic()))
            if job.is_alive():
                raise subprocess.TimeoutExpired(str(self.pid), timeout or 0.0)
        self.wait(None if until is None else max(0.0, until - time.monotonic()))
        self.stdout.close()
        self.stderr.close()
        return said[0], said[1]


def knows(command: Sequence[str]) -> bool:
    """Whether *command* can be forked: ``jackfield``, the simulator, or a file of Python."""
    program = command[0]
    return program == JACKFIELD or tuple(command[:3]) == SIMULATOR or _is_file(command)


def _is_file(command: Sequence[str]) -> bool:
    return command[0] == sys.executable and len(command) > 1 and command[1].endswith(".py")


def start(
    command: Sequence[str], *, folder: Path, environment: Mapping[str, str], given: bool = False, heard: bool = True
) -> Forked:
    """Start *command* in *folder* with exactly these variables.

    *given*: with a standard input to write to; not *heard*: its standard error is ours, and that of the process empty.
    """
    parent: list[int] = []
    child: list[int] = []
    if given:
        reads, writes = os.pipe()
        child.append(reads)
        parent.append(writes)
    else:
        child.append(os.open(os.devnull, os.O_RDONLY))
    for _ in range(2):
        reads, writes = os.pipe()
        child.append(writes)
        parent.append(reads)
    if not heard:
        os.close(child.pop())
        child.append(os.dup(2))
    ours, theirs = socket.socketpair()
    asked = {"command": list(command), "folder": str(folder), "environment": dict(environment)}
    try:
        with theirs:
            body = json.dumps(asked).encode()
            origin().send(theirs.fileno(), child)
            ours.sendall(len(body).to_bytes(4, "big") + body)
    finally:
        for each in child:
            os.close(each)
    stdin = os.fdopen(parent.pop(0), "w", encoding="utf-8") if given else None
    stdout, stderr = (os.fdopen(each, "r", encoding="utf-8") for each in parent)
    return Forked(ours, stdin, stdout, stderr)


def run(
    command: Sequence[str], *, folder: Path, environment: Mapping[str, str], timeout: float = 90.0
) -> subprocess.CompletedProcess[str]:
    """Run *command* to its end, with nothing on its standard input."""
    process = start(command, folder=folder, environment=environment)
    try:
        out, err = process.communicate(timeout=timeout)
    except subprocess.TimeoutExpired:
        process.kill()
        raise
    return subprocess.CompletedProcess(list(command), process.wait(), out, err)


class _Origin:
    """The process that the others are forked from."""

    def __init__(self) -> None:
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, __file__, str(theirs.fileno())], pass_fds=(theirs.fileno(),), stdin=subprocess.DEVNULL
            )
        self._socket = ours
        self.owner = os.getpid()
        atexit.register(self.end)

    def send(self, told: int, streams: Sequence[int]) -> None:
        socket.send_fds(self._socket, [b"x"], [told, *streams])

    def end(self) -> None:
        if os.getpid() == self.owner:
            self._process.terminate()
            self._process.wait()


@functools.cache
def _origin_of(owner: int) -> _Origin:
    return _Origin()


def origin() -> _Origin:
    """The process that those of this one are forked from; started when it is first asked for."""
    return _origin_of(os.getpid())


class _Asked(NamedTuple):
    command: list[str]
    folder: str
    environment: dict[str, str]


def _import_all() -> None:
    for name in _PACKAGES:
        package = importlib.import_module(name)
        for each in pkgutil.walk_packages(package.__path__, f"{name}."):
            if not each.name.endswith(("__main__", "conformance", ".demo")):
                importlib.import_module(each.name)
    for name in _MODULES:
        importlib.import_module(name)


def _serve(number: int) -> _Asked:
    """Fork a process for each request. Returns in those only; this one ends with whom it serves."""
    asked = socket.socket(fileno=number)
    parent = os.getppid()
    running: dict[int, socket.socket] = {}
    wakes, woken = socket.socketpair()
    for each in (wakes, woken):
        each.setblocking(False)
    signal.signal(signal.SIGCHLD, _nothing)
    signal.set_wakeup_fd(woken.fileno())
    with selectors.DefaultSelector() as selector:
        selector.register(asked, selectors.EVENT_READ)
        selector.register(wakes, selectors.EVENT_READ)
        while os.getppid() == parent:
            ready = [key.fileobj for key, _ in selector.select(1.0)]
            if wakes in ready:
                wakes.recv(4096)
            while running:
                pid, status = os.waitpid(-1, os.WNOHANG)
                if not pid:
                    break
                with running.pop(pid) as told:
                    _tell(told, os.waitstatus_to_exitcode(status))
            if asked not in ready:
                continue
            _, given, _, _ = socket.recv_fds(asked, 1, 1 + STREAMS)
            told = socket.socket(fileno=given[0])
            pid = os.fork()
            if pid:
                for each in given[1:]:
                    os.close(each)
                running[pid] = told
                _tell(told, pid)
                continue
            # From here on it is the process that was asked for.
            signal.set_wakeup_fd(-1)
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            for at, each in enumerate(given[1:]):
                os.dup2(each, at)
                os.close(each)
            body = _read(told)
            for each in (told, asked, wakes, woken, *running.values()):
                each.close()
            break
        else:
            os._exit(0)
    return _Asked(**json.loads(body))


def _nothing(number: int, frame: object) -> None:
    """Be woken; a signal that is ignored wakes nobody."""


def _tell(told: socket.socket, number: int) -> None:
    with suppress(OSError):  # nobody may wait for it any more
        told.sendall(f"{number}\n".encode())


def _read(told: socket.socket) -> bytes:
    with told.makefile("rb") as stream:
        return stream.read(int.from_bytes(stream.read(4), "big"))


def _open_streams() -> None:
    """As the interpreter does when it starts: the old ones are of other files."""
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        old = getattr(sys, name)
        file = open(number, "wb" if number else "rb", closefd=False)  # noqa: SIM115 - for good
        new = io.TextIOWrapper(
            file, encoding=old.encoding, errors=old.errors, newline="\n" if number else None, line_buffering=number == 2
        )
        setattr(sys, name, new)
        setattr(sys, f"__{name}__", new)


def _become(asked: _Asked) -> int | None:
    _open_streams()
    os.chdir(asked.folder)
    os.environ.clear()
    os.environ.update(asked.environment)
    time.tzset()
    program, *arguments = asked.command
    places = [each for each in asked.environment.get("PYTHONPATH", "").split(os.pathsep) if each]
    sys.path[:1] = [str(Path(program if program == JACKFIELD else arguments[0]).parent), *places]
    sys.dont_write_bytecode = bool(asked.environment.get("PYTHONDONTWRITEBYTECODE"))
    importlib.invalidate_caches()
    # As the interpreter does when it starts; the one in its own folder was run by the process that this is forked from.
    for custom in (Path(each) / "sitecustomize.py" for each in places):
        if custom.is_file():
            runpy.run_path(str(custom))
            break
    if program == JACKFIELD:
        from jackfield.cli.main import main

        sys.argv[:] = [JACKFIELD, *arguments]
        return main()
    if arguments[0] == "-m":
        sys.argv[:] = arguments[1:]
        runpy.run_module(arguments[1], run_name="__main__", alter_sys=True)
    else:
        sys.argv[:] = arguments
        runpy.run_path(arguments[0], run_name="__main__")
    return None


def _end(asked: _Asked) -> NoReturn:
    """Be what was asked for, and end as an interpreter does; only what is imported is not taken apart, piece by piece."""
    code: object = None
    try:
        code = _become(asked)
    except SystemExit as ended:
        code = ended.code
    except BaseException:  # noqa: BLE001 - told as an interpreter tells it
        sys.excepthook(*cast("tuple[Any, Any, Any]", sys.exc_info()))
        code = 1
    if not isinstance(code, int | None):
        print(code, file=sys.stderr)
        code = 1
    cast("Any", threading)._shutdown()
    cast("Any", atexit)._run_exitfuncs()
    try:
        sys.stdout.flush()
        sys.stderr.flush()
    except OSError:
        code = 120
    os._exit((code or 0) & 0xFF)


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.default_int_handler)
    _import_all()
    gc.collect()
    gc.freeze()
    _end(_serve(int(sys.argv[1])))
