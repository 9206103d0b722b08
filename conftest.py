"""What holds for all tests."""

import signal


def pytest_configure() -> None:
    """Let the processes that tests start be interrupted, also where the tests run in the background of a shell.

    There a shell has SIGINT ignored, and what is ignored stays so for every process started from here.
    """
    signal.signal(signal.SIGINT, signal.default_int_handler)
