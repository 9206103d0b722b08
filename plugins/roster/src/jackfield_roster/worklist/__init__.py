"""The work list: changes as lines of a file for a person.

Promises that a line is on the disk when it is told of, that one thing has one open line at most, and that what a person
wrote into the file stays. Hides locking and replacing the file.
"""

from jackfield_roster.worklist.lines import Line, Thing
from jackfield_roster.worklist.store import WorkList

__all__ = ["Line", "Thing", "WorkList"]
