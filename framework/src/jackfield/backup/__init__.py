"""Backups: the home folder as one file, and back.

Promises that a backup appears whole or not at all, and that a home is after a restore either what it was or what the backup
holds. Hides the archive.
"""

from jackfield.backup.archive import Checked, check_backup
from jackfield.backup.making import Made, write_backup
from jackfield.backup.restoring import Restored, restore_backup

__all__ = ["Checked", "Made", "Restored", "check_backup", "restore_backup", "write_backup"]
