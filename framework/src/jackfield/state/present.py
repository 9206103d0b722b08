"""That a host works in a home, told to whoever would take that home away: a lock that many may share."""

import fcntl
import os
from collections.abc import Generator
from contextlib import contextmanager, suppress

from jackfield.errors import Busy, storing
from jackfield.files import open_lock
from jackfield.state.home import Home

_AT = ("jackfield", "serve")


@contextmanager
def present(home: Home) -> Generator[None]:
    """Work in *home* for as long as the block lasts, beside others that do; raises Busy while a restore takes it away."""
    file = home.lock(*_AT)
    with storing(file):
        handle = open_lock(file)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Busy(f"{home.folder} is being restored", hint="Start it again when that has ended.") from None
        except OSError:
            pass  # a file system without locks, where nobody can be told
        yield
    finally:
        with suppress(OSError):  # the home may be on a disk that is gone
            os.close(handle)
