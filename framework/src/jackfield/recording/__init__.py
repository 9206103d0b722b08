"""Recordings: the requests and answers of connections in a file, with everything replaced that is not known to be harmless.

Promises that a recording can be shown to a stranger, and that its writing neither changes nor fails a request; hides the key
under which values are replaced, which is kept nowhere.
"""

from jackfield.recording.exchange import Answer, Body, Exchange, Recorded, read_recording
from jackfield.recording.recorder import Recording, open_recording

__all__ = ["Answer", "Body", "Exchange", "Recorded", "Recording", "open_recording", "read_recording"]
