"""The host runner: parses, calls, renders; no logic.

Promises that results go to standard output and all else to standard error, that errors are one clear message with the
exit code of what to do next, and that no secret is shown. Each command lies in a module that is imported when it runs.
"""
