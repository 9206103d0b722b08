"""The operational database: the record of runs, the journal of changes, and the plans that were written here.

Promises that a record is whole or not there; hides SQL.
"""

from jackfield.state.address import DatabaseAddress, parse_address
from jackfield.state.database import State, open_state
from jackfield.state.home import Home
from jackfield.state.lock import hold_lock, is_held
from jackfield.state.locking import hold, is_taken
from jackfield.state.runs import Run, RunStatus

__all__ = [
    "DatabaseAddress",
    "Home",
    "Run",
    "RunStatus",
    "State",
    "hold",
    "hold_lock",
    "is_held",
    "is_taken",
    "open_state",
    "parse_address",
]
