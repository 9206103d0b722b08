"""What the script ``jackfield`` calls: the command line, from its first import to its last line.

Promises that who interrupts it while it is still being imported, or ends already, sees no traceback. Imports nothing before that.
"""

import signal


def main() -> int:
    """Run the command line of this process; gives the exit code."""
    if signal.getsignal(signal.SIGINT) is not signal.default_int_handler:
        return _run()  # whoever began this wants it ignored
    # Until there is something to be unwound, an interrupt ends the process as the system does it.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    from jackfield.cli import main as _  # noqa: F401 - all that takes time

    try:
        signal.signal(signal.SIGINT, signal.default_int_handler)
        return _run()
    except KeyboardInterrupt:
        return 130
    finally:
        signal.signal(signal.SIGINT, signal.SIG_DFL)


def _run() -> int:
    from jackfield.cli.main import main as run

    return run()
