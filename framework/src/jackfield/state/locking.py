"""The locks of a connection, wherever they are kept: files, or leases in a database that hosts share."""

from contextlib import AbstractContextManager

from jackfield.state.database import State
from jackfield.state.home import Home
from jackfield.state.lock import Holder, Lock, hold_lock, is_held


def hold(
    home: Home, state: State, connection: str, what: str, *, purpose: str, holder: Holder
) -> AbstractContextManager[Lock]:
    """Hold *what* of a connection for as long as the block lasts; raises Busy, naming the holder, if another has it."""
    if state.leases is not None:
        return state.leases.hold(connection, what, purpose=purpose, holder=holder)
    return hold_lock(home.lock(connection, what), connection=connection, purpose=purpose, holder=holder)


def is_taken(home: Home, state: State, connection: str, what: str) -> bool:
    """Whether a living process holds *what* of a connection."""
    if state.leases is not None:
        return state.leases.is_held(connection, what)
    return is_held(home.lock(connection, what))
