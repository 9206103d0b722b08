"""How far a sync is, on stderr while a terminal looks on."""

import sys
from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from jackfield.sync import Progress


@contextmanager
def shown_progress(connection: str) -> Generator["Callable[[Progress], None] | None"]:
    """What to call with each progress, None where no terminal looks on."""
    if not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.text import Text

    console = Console(stderr=True)
    with console.status(Text(f"{connection}: signing in")) as status:

        def tell(now: "Progress") -> None:
            again = "resumed, " if now.resumed else ""
            status.update(Text(f"{connection}: {again}{now.stage} · {now.requests:,} requests · {now.rows:,} rows"))

        yield tell
