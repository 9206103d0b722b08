"""``python -m jackfield_testkit.alone NAME``: a connection that is checked in a process of its own, its keys on standard input.

Promises that nothing which another connection left in a module is there. Hides the process.
"""

import asyncio
import json
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from jackfield_testkit.bench import Bench

_IN, _OUT = "let in", "not let in"
_TIMEOUT = 60.0


def let_in_alone(connector: str, values: Mapping[str, Any]) -> bool:
    """Whether a connection with *values* checks well in a fresh process; True too where that can't be tried."""
    done = subprocess.run(  # noqa: S603 - this interpreter, and a module of this package
        [sys.executable, "-m", "jackfield_testkit.alone", connector],
        input=json.dumps(values),
        capture_output=True,
        text=True,
        check=False,
        timeout=_TIMEOUT,
    )
    return done.stdout.strip() != _OUT


async def lets_in(bench: "Bench") -> bool:
    """Whether a check of the connection succeeds, and says no of nothing."""
    from jackfield.errors import JackfieldError

    try:
        async with bench.open() as connection:
            report = await connection.check()
    except JackfieldError:  # for whatever reason, it was not let in
        return False
    return not any(each.available is False for each in report.capabilities)


async def _let_in(connector: str, values: Mapping[str, Any], folder: Path) -> bool:
    from jackfield_testkit.bench import Bench
    from jackfield_testkit.data import Samples, Truth
    from jackfield_testkit.finding import discovered

    class Nothing:
        def truth(self) -> Truth:
            return Truth(resources=frozenset())

    bench = Bench(discovered(connector), values, Nothing(), Samples(), folder)
    try:
        return await lets_in(bench)
    finally:
        bench.close()


def main() -> None:
    """Check, and say whether it was let in."""
    with tempfile.TemporaryDirectory(prefix="jackfield-alone-") as folder:
        well = asyncio.run(_let_in(sys.argv[1], json.load(sys.stdin), Path(folder)))
    print(_IN if well else _OUT)  # noqa: T201


if __name__ == "__main__":
    main()
