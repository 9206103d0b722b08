"""Activity: who signed in when, as far as the application's log tells, kept beside the snapshots.

Promises that each event counts once, that the window which the log covers is told, and that unknown is never called
inactive. Hides cursors, repeated events and restarts.
"""

from jackfield.activity.known import read_sign_ins
from jackfield.activity.signins import SignIns

__all__ = ["SignIns", "read_sign_ins"]
