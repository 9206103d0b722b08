"""Work in a thread and an event loop of its own, so that one connection never stalls another, nor health.

Promises that who waits for it and is cancelled gets back control only when the work has ended.
"""

import asyncio
import threading
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

T = TypeVar("T")


async def apart(work: Callable[[], Coroutine[Any, Any, T]], *, name: str) -> T:
    """Run what *work* makes in a thread called *name*; gives its result, or raises what it raised."""
    outer = asyncio.get_running_loop()
    ended: asyncio.Future[T] = outer.create_future()
    begun = threading.Event()
    inner: list[tuple[asyncio.AbstractEventLoop, asyncio.Task[T]]] = []

    def settle(error: BaseException | None, value: Any = None) -> None:
        if not ended.done():
            ended.set_exception(error) if error is not None else ended.set_result(value)

    async def main() -> T:
        task = asyncio.current_task()
        if task is None:
            raise RuntimeError("a coroutine runs in no task")
        inner.append((asyncio.get_running_loop(), task))
        begun.set()
        return await work()

    def body() -> None:
        error: BaseException | None = None
        value: Any = None
        try:
            value = asyncio.run(main())
        except asyncio.CancelledError:
            error = _Cancelled()
        except BaseException as raised:  # noqa: BLE001 - it is raised where the work is waited for
            error = raised
        begun.set()
        try:
            outer.call_soon_threadsafe(settle, error, value)
        except RuntimeError:
            return  # nobody waits any more

    threading.Thread(target=body, name=name, daemon=True).start()
    try:
        return await asyncio.shield(ended)
    except asyncio.CancelledError:
        await asyncio.to_thread(begun.wait)
        for loop, task in inner:
            if not ended.done():
                loop.call_soon_threadsafe(task.cancel)
        await asyncio.wait([ended])
        if not ended.cancelled():
            ended.exception()  # it is looked at, so that nobody complains that it was not
        raise
    except _Cancelled:
        raise asyncio.CancelledError from None


class _Cancelled(Exception):
    """The work was cancelled from within."""
