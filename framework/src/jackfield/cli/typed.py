"""What somebody types or pastes on standard input, whatever bytes it is."""

import sys

_LONGEST = 65_536


def typed_line() -> str:
    """One line, without white space around it; empty where there is none. Bytes that are no text become U+FFFD."""
    # The text layer would raise at the first byte that its encoding does not know.
    line = sys.stdin.buffer.readline(_LONGEST)
    return line.decode(sys.stdin.encoding or "utf-8", "replace").strip()
