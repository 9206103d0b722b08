"""What the script ``jackfield`` calls: the command line, from its first import to its last line.

Promises that whoever interrupts it while it is still being imported, or ends already, sees no traceback.
"""

TYPE_CHECKING = False
if TYPE_CHECKING:
    import signal as _signal
else:
    # What is around it in the standard library takes as long to import as Python to start, and may be interrupted meanwhile.
    import _signal


def main() -> int:
    """Run the command line of this process; gives the exit code."""
    if _signal.getsignal(_signal.SIGINT) is not _signal.default_int_handler:
        return _run()  # whoever began this wants it ignored
    # Until there is something to be unwound, an interrupt ends the process as the system does it.
    _signal.signal(_signal.SIGINT, _signal.SIG_DFL)
    from jackfield.cli import main as _  # noqa: F401 - all that takes time

    try:
        _signal.signal(_signal.SIGINT, _signal.default_int_handler)
        return _run()
    except KeyboardInterrupt:
        return 130
    finally:
        _signal.signal(_signal.SIGINT, _signal.SIG_DFL)


def _run() -> int:
    from jackfield.cli.main import main as run

    return run()
