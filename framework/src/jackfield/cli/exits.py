"""Exit codes of results; those of errors are on the errors themselves."""

OK = 0
FAILED = 12
INCOMPLETE = 8
HELD = 9
BUG = 70
INTERRUPTED = 130
BROKEN_PIPE = 141
TERMINATED = 143
