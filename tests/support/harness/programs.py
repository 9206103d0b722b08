"""A program ``jackfield`` for shells and terminals, whose work is done by processes that are forked; see ``forking``."""

import os
import socket
import sys
import tempfile
import threading
from collections.abc import Generator
from contextlib import contextmanager, suppress
from pathlib import Path

from . import forking

_SCRIPT = """\
#!{python} -IS
import json, os, signal, socket, sys
with socket.socket(socket.AF_UNIX) as origin:
    origin.connect({address!r})
    socket.send_fds(origin, [b"x"], [0, 1, 2])
    asked = {{"command": [{command!r}, *sys.argv[1:]], "folder": os.getcwd(), "environment": dict(os.environ)}}
    body = json.dumps(asked).encode()
    origin.sendall(len(body).to_bytes(4, "big") + body)
    told = origin.makefile()
    pid = int(told.readline())
    for each in (signal.SIGHUP, signal.SIGINT, signal.SIGTERM):
        signal.signal(each, lambda number, _: os.kill(pid, number))
    for each in (0, 1, 2):
        os.close(each)
    code = int(told.readline())
if code < 0:
    signal.signal(-code, signal.SIG_DFL)
    os.kill(os.getpid(), -code)
os._exit(code)
"""


@contextmanager
def script(folder: Path) -> Generator[Path]:
    """A program ``jackfield`` in *folder*, for as long as the block lasts; its processes have its streams and signals."""
    origin = forking.origin()
    with tempfile.TemporaryDirectory(prefix="forks-") as short, socket.socket(socket.AF_UNIX) as listener:
        address = str(Path(short) / "asked")  # a socket's address is short
        listener.bind(address)
        listener.listen()

        def pass_on() -> None:
            while True:
                try:
                    asked, _ = listener.accept()
                except OSError:
                    return
                with asked:
                    _, streams, _, _ = socket.recv_fds(asked, 1, forking.STREAMS)
                    if len(streams) == forking.STREAMS:  # else it ended before it could ask
                        origin.send(asked.fileno(), streams)
                    for each in streams:
                        os.close(each)

        passing = threading.Thread(target=pass_on, daemon=True)
        passing.start()
        file = folder / "jackfield"
        file.write_text(
            _SCRIPT.format(python=sys.executable, address=address, command=forking.JACKFIELD), encoding="utf-8"
        )
        file.chmod(0o755)
        try:
            yield file
        finally:
            with suppress(OSError):  # it was never connected, which shutting down reports
                listener.shutdown(socket.SHUT_RDWR)
            passing.join()
