"""The limiter: turns, pauses, and how many requests are in flight."""

import asyncio
from contextlib import suppress

from hypothesis import given, settings
from hypothesis import strategies as st

from jackfield.http import Limiter

from .loopback import HandClock, asynchronous, settle


class Call:
    """One call that holds its slot until it is let go."""

    def __init__(self, limiter: Limiter, started: list[str], name: str = "") -> None:
        self._end = asyncio.Event()
        self._limiter, self._started, self.name = limiter, started, name
        self.task = asyncio.create_task(self._run())

    async def _run(self) -> None:
        async with self._limiter.slot():
            self._started.append(self.name)
            await self._end.wait()

    async def finish(self) -> None:
        self._end.set()
        await settle()

    async def cancel(self) -> None:
        self.task.cancel()
        with suppress(asyncio.CancelledError):
            await self.task
        await settle()


@asynchronous
async def test_turns_are_taken_in_the_order_of_asking() -> None:
    limiter, started = Limiter(maximum=2, clock=HandClock()), []
    calls = [Call(limiter, started, str(number)) for number in range(6)]
    await settle()
    assert started == ["0", "1"]
    await calls[1].finish()
    latecomer = Call(limiter, started, "late")
    await calls[0].finish()
    for call in calls[2:]:
        await call.finish()
    await latecomer.finish()
    assert started == ["0", "1", "2", "3", "4", "5", "late"]
    assert limiter.in_flight == 0


@asynchronous
async def test_a_pause_holds_for_whoever_waits_and_for_whoever_comes_later() -> None:
    clock = HandClock()
    limiter, started = Limiter(maximum=4, clock=clock), []
    running = Call(limiter, started, "running")
    await settle()
    limiter.pause(10)
    await running.finish()
    retry, newcomer = Call(limiter, started, "retry"), Call(limiter, started, "newcomer")
    await clock.go(9.9)
    assert started == ["running"]
    await clock.go(0.2)
    assert started == ["running", "retry", "newcomer"]
    for call in (retry, newcomer):
        await call.finish()


@asynchronous
async def test_a_longer_pause_stays_and_a_pause_can_grow_while_calls_wait_for_its_end() -> None:
    clock = HandClock()
    limiter, started = Limiter(maximum=4, clock=clock), []
    limiter.pause(10)
    call = Call(limiter, started)
    await settle()
    limiter.pause(3)
    await clock.go(5)
    assert not started
    limiter.pause(20)
    await clock.go(6)
    assert not started, "the first pause is over, the longer one is not"
    await clock.go(14)
    assert started
    await call.finish()


@asynchronous
async def test_the_number_in_flight_halves_once_for_a_pause_and_recovers_by_one_a_round() -> None:
    clock = HandClock()
    limiter = Limiter(maximum=8, clock=clock)
    for _ in range(8):
        limiter.pause(5)
    assert limiter.allowed == 4
    await clock.go(6)
    limiter.pause(5)
    assert limiter.allowed == 2
    await clock.go(6)
    rounds = []
    while limiter.allowed < 8:
        before = limiter.allowed
        for _ in range(before + 1):
            limiter.succeeded()
        rounds.append(limiter.allowed - before)
    assert rounds == [1] * 6
    for _ in range(100):
        limiter.succeeded()
    assert limiter.allowed == 8, "never more than the connection allows"


@asynchronous
async def test_one_request_stays_allowed_however_often_the_application_is_busy() -> None:
    clock = HandClock()
    limiter = Limiter(maximum=8, clock=clock)
    for _ in range(20):
        limiter.pause(1)
        await clock.go(2)
    assert limiter.allowed == 1


@asynchronous
async def test_recovery_lets_waiting_calls_go() -> None:
    clock = HandClock()
    limiter, started = Limiter(maximum=2, clock=clock), []
    limiter.pause(0)
    assert limiter.allowed == 1
    calls = [Call(limiter, started), Call(limiter, started)]
    await settle()
    assert len(started) == 1
    limiter.succeeded()
    await settle()
    assert len(started) == 2
    for call in calls:
        await call.finish()


@asynchronous
async def test_a_call_that_is_cancelled_in_any_state_leaves_no_slot_behind() -> None:
    clock = HandClock()
    limiter, started = Limiter(maximum=1, clock=clock), []
    running, queued, next_one = (Call(limiter, started, name) for name in ("running", "queued", "next"))
    await settle()
    await queued.cancel()
    await running.cancel()
    assert started == ["running", "next"]
    await next_one.finish()
    limiter.pause(10)
    paused = Call(limiter, started, "paused")
    await settle()
    await paused.cancel()
    assert limiter.in_flight == 0
    last = Call(limiter, started, "last")
    await clock.go(11)
    assert started[-1] == "last"
    await last.finish()


@asynchronous
async def test_a_slot_that_falls_free_in_the_very_moment_of_a_cancellation_goes_to_the_next() -> None:
    limiter, started = Limiter(maximum=1, clock=HandClock()), []
    running, queued, next_one = (Call(limiter, started, name) for name in ("running", "queued", "next"))
    await settle()
    # The slot falls free before the cancelled task gets to run.
    running._end.set()
    queued.task.cancel()
    await settle()
    assert queued.task.cancelled(), "the cancellation itself comes out, nothing else"
    assert started == ["running", "next"]
    await next_one.finish()
    assert limiter.in_flight == 0


@asynchronous
async def test_a_slot_given_to_a_call_that_is_cancelled_before_it_runs_goes_on() -> None:
    limiter, started = Limiter(maximum=1, clock=HandClock()), []
    running, queued, next_one = (Call(limiter, started, name) for name in ("running", "queued", "next"))
    await settle()
    running._end.set()
    while not running.task.done():
        await asyncio.sleep(0)
    queued.task.cancel()
    await settle()
    assert started == ["running", "next"]
    await next_one.finish()
    assert limiter.in_flight == 0


steps = st.lists(
    st.tuples(st.sampled_from(["call", "finish", "cancel", "pause", "wait", "succeed"]), st.integers(0, 3)),
    max_size=60,
)


@given(steps=steps, maximum=st.integers(1, 2))
@settings(deadline=None, max_examples=200)
def test_whatever_happens_no_slot_is_lost_none_is_given_twice_and_all_calls_end(
    steps: list[tuple[str, int]], maximum: int
) -> None:
    async def run() -> None:
        clock = HandClock()
        limiter, started = Limiter(maximum=maximum, clock=clock), []
        calls: list[Call] = []
        for what, number in steps:
            chosen = calls[number % len(calls)] if calls else None
            if what == "call":
                calls.append(Call(limiter, started, str(len(calls))))
            elif what == "finish" and chosen:
                chosen._end.set()
            elif what == "cancel" and chosen:
                chosen.task.cancel()
            elif what == "pause":
                limiter.pause(number)
            elif what == "wait":
                await clock.go(number)
            elif what == "succeed":
                limiter.succeeded()
            assert 0 <= limiter.in_flight <= maximum
            assert 1 <= limiter.allowed <= maximum
        for call in calls:
            call._end.set()
        for _ in range(len(calls) + 1):
            await clock.go(10)
        results = await asyncio.gather(*(call.task for call in calls), return_exceptions=True)
        assert all(result is None or isinstance(result, asyncio.CancelledError) for result in results)
        assert limiter.in_flight == 0
        assert not limiter._waiting

    asyncio.run(run())
