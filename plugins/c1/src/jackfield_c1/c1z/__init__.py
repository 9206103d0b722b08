"""``.c1z`` files, version 1: a snapshot written as one, and one read as a snapshot."""

from jackfield_c1.c1z.writer import Subset, Written, write_c1z

__all__ = ["Subset", "Written", "write_c1z"]
