"""Files: those that come from elsewhere, those of the host's own, and who else may write them.

Promises that what is read is a regular file of bounded size, and that what is written follows no link that another user
may have planted.
"""

from jackfield.files.foreign import MOST_BYTES, read_foreign
from jackfield.files.own import (
    create,
    demand_plain,
    demand_unplanted,
    ensure_writable,
    folder_lock,
    make_plain,
    make_private_folder,
    open_lock,
    replacing,
    sync_folder,
    take_lock,
    write_privately,
)
from jackfield.files.trust import demand_trusted, distrust, planted

__all__ = [
    "MOST_BYTES",
    "create",
    "demand_plain",
    "demand_trusted",
    "demand_unplanted",
    "distrust",
    "ensure_writable",
    "folder_lock",
    "make_plain",
    "make_private_folder",
    "open_lock",
    "planted",
    "read_foreign",
    "replacing",
    "sync_folder",
    "take_lock",
    "write_privately",
]
