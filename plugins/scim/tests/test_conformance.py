"""The connector keeps the rules of the conformance kit."""

from jackfield_scim.conformance import TestScim

__all__ = ["TestScim"]
