"""A stand-in of the C1 platform for tests: an independent witness that knows nothing of Jackfield.

It checks what a connector in service mode sends against the rules of the wire, and keeps every breach as a *violation*.
"""
