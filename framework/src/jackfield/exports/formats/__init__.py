"""The exporters that come with Jackfield, one module for each format, behind the entry points ``jackfield.exporters.v1``.

Promises that none imports the library of its format before it writes.
"""
