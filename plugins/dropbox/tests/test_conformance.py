"""The connector keeps the rules of the conformance kit, beside a small simulated team."""

from jackfield_dropbox.conformance import TestDropbox

__all__ = ["TestDropbox"]
