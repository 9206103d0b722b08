"""Findings: what an access review looks for, worked out from a snapshot and from the activity that is known.

Promises that a finding rests on facts that were seen, and that what could not be seen is called unknown. Changes nothing.
Hides how each kind is worked out.
"""

from jackfield.findings.known import Known
from jackfield.findings.model import Fact, Finding, KindReport, Report, Severity, Subject, Unknown
from jackfield.findings.registry import KINDS
from jackfield.findings.survey import find

__all__ = ["KINDS", "Fact", "Finding", "KindReport", "Known", "Report", "Severity", "Subject", "Unknown", "find"]
