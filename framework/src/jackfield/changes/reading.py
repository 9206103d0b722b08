"""Reading the live state that changes are judged by.

Promises one read for all changes that are asked about, and that what passes does not end it. Hides the retries.
"""

from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

from jackfield.changes.kinds.change import query_of
from jackfield.changes.kinds.operations import Operations
from jackfield.changes.kinds.view import View, joined
from jackfield.changes.options import Changing
from jackfield.errors import RateLimited, RemoteContract, Transient
from jackfield.http.session import DEFAULT_PAUSE
from jackfield_contracts import AccessState, Change, StateQuery

_TRIES_AT_A_BROKEN_ANSWER = 3

T = TypeVar("T")


async def read(changing: Changing, changes: Sequence[Change], operations: Operations, *, judging: bool = False) -> View:
    """The live state as far as *changes* are about it; no request where there is nothing to ask, and no second try.

    *judging*: also who is protected.
    """
    asked = [query_of(change, operations) for change in changes]
    query = joined(asked)
    if judging:
        # A person is asked for once, under the name that the change has: the answer comes under that one.
        guard, named = changing.protected.query, {name.casefold() for name in query.names}
        others = tuple(name for name in guard.names if name.casefold() not in named)
        query = joined([query, StateQuery(names=others, principals=guard.principals)])
    if not (query.principals or query.names or query.resources):
        return View.empty()
    return View(await changing.read_state(query), at=changing.clock.monotonic())


async def read_patiently(
    changing: Changing, changes: Sequence[Change], operations: Operations, *, deadline: float | None = None
) -> View:
    """As `read` to judge *changes*, tried again as long as that may help, until *deadline* (monotonic) or for
    ``retry_deadline`` seconds.

    Raises what the last try raised. A pause that is asked for and would go beyond the deadline is not begun.
    """
    return await patiently(changing, lambda: read(changing, changes, operations, judging=True), deadline)


async def state_of(changing: Changing, query: StateQuery) -> AccessState:
    """The live state that *query* asks for, tried again as `read_patiently` does."""
    return await patiently(changing, lambda: changing.read_state(query))


async def patiently(changing: Changing, once: Callable[[], Awaitable[T]], deadline: float | None = None) -> T:
    """What *once* gives, tried again as `read_patiently` does."""
    clock = changing.clock
    if deadline is None:
        deadline = clock.monotonic() + changing.host.retry_deadline
    broken, pause = 0, 0.25
    while True:
        try:
            return await once()
        except RateLimited as error:
            asked = error.after if error.after is not None else DEFAULT_PAUSE
            if clock.monotonic() + asked >= deadline:
                raise
            changing.log.info("reads the state again after a pause", reason=str(error))
            await clock.sleep(asked)
        except (Transient, RemoteContract) as error:
            broken += isinstance(error, RemoteContract)
            if broken >= _TRIES_AT_A_BROKEN_ANSWER or clock.monotonic() + pause >= deadline:
                raise
            changing.log.info("reads the state again", reason=str(error))
            await clock.sleep(pause)
            pause = min(8.0, pause * 2)
