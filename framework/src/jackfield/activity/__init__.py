"""Activity: who signed in when, as far as the application's log tells, kept beside the snapshots.

Promises that each event counts once, that the window which the log covers is told, and that unknown is never called
inactive. Hides cursors, repeated events and restarts.
"""

from jackfield.activity.signins import SignIns
from jackfield.activity.store import read_sign_ins

__all__ = ["SignIns", "read_sign_ins"]
