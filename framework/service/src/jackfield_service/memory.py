"""The memory of a process that lives long, in which each piece of work has a thread of its own.

Promises that what such work has let go is given back to the system. The GNU C library gives threads heaps of their own and
keeps what becomes free in each of them, so that a process grows for hours without holding more; elsewhere nothing is done.
"""

import ctypes
import gc
from collections.abc import Callable, Mapping

_ARENA_MAX = -8
"""``M_ARENA_MAX`` of ``malloc.h``."""
_ARENAS = 2


def share_heaps(environ: Mapping[str, str]) -> bool:
    """Let all threads share two heaps, unless the environment says how many; whether that is so. Call before any is begun."""
    if "MALLOC_ARENA_MAX" in environ or "glibc.malloc.arena_max" in environ.get("GLIBC_TUNABLES", ""):
        return False
    set_option = _of_c_library("mallopt")
    return set_option is not None and set_option(_ARENA_MAX, _ARENAS) == 1


def give_back() -> bool:
    """Give back to the system what nobody refers to any more; whether anything was.

    Rings of objects are looked for here, too: the collector of a host that serves comes by itself only after many allocations.
    """
    gc.collect()
    trim = _of_c_library("malloc_trim")
    return trim is not None and trim(ctypes.c_size_t(0)) == 1


def _of_c_library(name: str) -> Callable[..., int] | None:
    try:
        return getattr(ctypes.CDLL(None), name)
    except (AttributeError, OSError, TypeError):
        return None
