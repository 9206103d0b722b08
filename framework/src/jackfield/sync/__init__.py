"""The sync engine: reads an application whole and leaves a sealed snapshot.

Promises that a published snapshot says of each part how far it was seen, that a killed sync goes on where it was, and
that nothing is asked twice. Hides reads, packing, retries and files.
"""

from jackfield.sync.accept import accept
from jackfield.sync.ongoing import Progress
from jackfield.sync.run import SyncResult, run_sync

__all__ = ["Progress", "SyncResult", "accept", "run_sync"]
