"""The connector keeps the rules of the conformance kit, beside a small imagined application."""

from jackfield_roster.conformance import TestRoster

__all__ = ["TestRoster"]
