"""Memory that threads have let go goes back to the system."""

import platform
import subprocess
import sys

import pytest

from jackfield_service.memory import give_back, share_heaps

_BURSTS = """
import ctypes, os, sys, threading
from jackfield_service.memory import give_back, share_heaps

def resident():
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6

def burst(all_there):
    # Of a size that comes from the heap of the thread, with something after it that stays.
    pieces = [bytearray(4000) for _ in range(4000)]
    stays.append(pieces[-1])
    all_there.wait()

assert share_heaps(dict(os.environ)) == (sys.argv[1] == "shared")
stays, before = [], resident()
threads = 8
there = threading.Barrier(threads)
made = [threading.Thread(target=burst, args=(there,)) for _ in range(threads)]
for each in made:
    each.start()
for each in made:
    each.join()
full = resident()
give_back()
print(before, full, resident())
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="another C library has no such heaps")
@pytest.mark.parametrize("heaps", ["shared", "own"])
def test_what_many_threads_held_is_given_back(heaps: str) -> None:
    environment = {} if heaps == "shared" else {"MALLOC_ARENA_MAX": "8"}
    done = subprocess.run(
        [sys.executable, "-c", _BURSTS, heaps], capture_output=True, text=True, env=environment, timeout=60
    )
    assert done.returncode == 0, done.stderr
    before, _, after = map(float, done.stdout.split())
    assert after - before < 40, "of 128 MB"


def test_another_c_library_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    class Other:
        def __init__(self, _: object) -> None:
            """It has none of these functions."""

    monkeypatch.setattr("ctypes.CDLL", Other)
    assert not share_heaps({})
    assert not give_back()


def test_what_the_environment_says_counts() -> None:
    assert not share_heaps({"MALLOC_ARENA_MAX": "4"})
    assert not share_heaps({"GLIBC_TUNABLES": "glibc.malloc.arena_max=1"})
