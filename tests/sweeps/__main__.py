"""``python -m tests.sweeps [NAME [ARGUMENT…]]``: all sweeps in full, or one."""

import sys
import time
from importlib import import_module

NAMES = (
    *("truth", "faults", "churn", "kills", "brake", "secrets", "changes", "machine"),
    *("presumptions", "short", "tenants", "tamper", "hostile", "fuzz", "hosts", "uplink", "serving", "hosts-serving"),
)


def main(argv: list[str]) -> int:
    """Run what is named, or everything; a sweep that finds a fault raises."""
    status = 0
    for name in argv[:1] or NAMES:
        if name not in NAMES:
            print(f"no sweep {name!r}; there are {', '.join(NAMES)}", file=sys.stderr)
            return 2
        started = time.monotonic()
        status = max(status, import_module(f"tests.sweeps.{name.replace('-', '_')}").main(argv[1:]))
        print(f"{name}: {time.monotonic() - started:.0f} s", file=sys.stderr)
    return status


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
