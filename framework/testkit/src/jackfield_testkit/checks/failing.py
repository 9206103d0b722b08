"""What a connector makes of an application, or a network, that fails."""

from functools import reduce

from jackfield.errors import (
    BadCredentials,
    CursorExpired,
    JackfieldError,
    MissingPermission,
    NotFound,
    PluginBug,
    RateLimited,
    Refused,
    RemoteContract,
    Transient,
)
from jackfield_contracts import GrantId, ResourceId
from jackfield_testkit.aims import aims_of
from jackfield_testkit.bench import Bench, Synced, differences
from jackfield_testkit.checks.declared import secret_values
from jackfield_testkit.clock import HastyClock
from jackfield_testkit.data import Finding, NotApplicable, Truth
from jackfield_testkit.reach import no_requests
from jackfield_testkit.walk import NOTHING, walk
from jackfield_testkit.wire import (
    BROKEN,
    FOREIGN,
    REFUSALS,
    TRANSIENT,
    Fault,
    Plan,
    Sent,
    Wire,
    after,
    answer,
    everywhere,
)


def never_lies(shown: Synced, truth: Truth, *steps: str) -> None:
    """Fail where a snapshot calls itself complete and is not the truth, or where the connector failed by itself."""
    if shown.complete and (wrong := differences(shown, truth)):
        raise Finding(f"the snapshot calls itself complete, and {'; '.join(wrong)}", *steps)
    errors = [shown.error] if shown.error is not None else []
    for error in errors:
        if isinstance(error, PluginBug):
            raise Finding(f"the connector failed instead of naming what happened: {error}", *steps)


async def survives_what_passes(bench: Bench) -> None:
    """A request that fails once in passing is made again, and the sync ends whole.

    Networks lose requests and servers restart; a sync of an hour that dies of one of them never ends.
    """
    truth = bench.truth()
    for aim in await aims_of(bench):
        for what, fault in TRANSIENT.items():
            await _ends_whole(bench, truth, Wire(aim.plan(fault)), f"{aim} is {what}")


async def _ends_whole(bench: Bench, truth: Truth, wire: Wire, step: str) -> None:
    shown = await bench.sync(wire)
    never_lies(shown, truth, step, "jackfield sync")
    if not shown.complete and wire.struck:
        raise Finding(f"it did not survive what passes: {shown}", step, "jackfield sync")


async def waits_as_long_as_asked(bench: Bench) -> None:
    """A 429 pauses the connection for as long as ``Retry-After`` says, and the sync ends whole.

    An application that is asked again too early asks for longer pauses, and in the end locks the client out.
    """
    truth = bench.truth()
    for aim in await aims_of(bench):
        clock = HastyClock()
        wire = Wire(aim.plan(answer(429, FOREIGN, {"retry-after": "17"})))
        shown = await bench.sync(wire, clock=clock)
        step = f"{aim} is answered 429 with Retry-After: 17"
        never_lies(shown, truth, step)
        if not shown.complete and wire.struck:
            raise Finding(f"it did not survive a pause: {shown}", step)
        if wire.struck and max(clock.slept, default=0.0) < 16.0:
            raise Finding(f"it went on after {max(clock.slept, default=0.0):g} s", step)


async def understands_or_says_so(bench: Bench) -> None:
    """An answer that is not of the documented form is never taken for an empty one.

    A login page with status 200, or half a body, is the usual way in which a listing turns out "empty".
    """
    truth = bench.truth()
    kinds = list(BROKEN.items())
    for number, aim in enumerate(await aims_of(bench)):
        for turn, (what, fault) in enumerate(kinds):
            # Each kind once at each request, and one of them for good.
            for lasting in (False, True) if number % len(kinds) == turn else (False,):
                wire = Wire(aim.plan(fault, lasting=lasting))
                shown = await bench.sync(wire)
                step = f"{aim}{' and its like ever after' if lasting else ''} is {what}"
                never_lies(shown, truth, step, "jackfield sync")


async def takes_no_refusal_for_an_end(bench: Bench) -> None:
    """A listing that the application refuses in the middle is not taken as whole.

    A right that is taken away, or a server that gives up, must not look like a team that shrank.
    """
    truth = bench.truth()
    statuses = (*REFUSALS, 500)
    for number, aim in enumerate(await aims_of(bench)):
        for status in {403, statuses[number % len(statuses)], statuses[(number + 4) % len(statuses)]}:
            wire = Wire(aim.plan(answer(status, FOREIGN), lasting=True))
            shown = await bench.sync(wire)
            step = f"{aim} and its like ever after are answered {status}"
            never_lies(shown, truth, step, "jackfield sync")


_ALLOWED: dict[int, tuple[type[JackfieldError], ...]] = {
    401: (BadCredentials, MissingPermission),
    403: (MissingPermission, BadCredentials, Refused),
    500: (Transient,),
    503: (Transient, RateLimited),
}
_FIRST_PAGES = "read_page of each family that follows none, once signed in"
_ANY = (
    BadCredentials,
    MissingPermission,
    Refused,
    NotFound,
    RemoteContract,
    CursorExpired,
    Transient,
    RateLimited,
)


async def names_errors_by_what_to_do(bench: Bench) -> None:
    """Each failure of the application becomes the error that says what the host does next.

    BadCredentials stops and asks for a sign-in, MissingPermission leaves a part out, Transient tries again: the wrong
    class makes the host try for ever, or give up at once.
    """
    for status in (401, 403, 404, 409, 500, 503):
        error = await _error_of(bench, everywhere(answer(status, FOREIGN)))
        if error is None:
            raise Finding(f"every request is answered {status}, and reading succeeds", _FIRST_PAGES)
        if isinstance(error, PluginBug) or not isinstance(error, _ALLOWED.get(status, _ANY)):
            wanted = " or ".join(each.__name__ for each in _ALLOWED.get(status, _ANY))
            raise Finding(f"the answer {status} becomes {type(error).__name__}, not {wanted}: {error}", _FIRST_PAGES)
    for what, body in (("HTML", b"<html>Sign in</html>"), ("other JSON", FOREIGN)):
        error = await _error_of(bench, everywhere(answer(200, body)))
        if not isinstance(error, RemoteContract | Transient | BadCredentials):
            message = f"becomes {type(error).__name__}" if error else "is taken for a page"
            raise Finding(f"an answer in {what} {message}, not RemoteContract: {error}", _FIRST_PAGES)


async def _error_of(bench: Bench, plan: Plan) -> JackfieldError | None:
    """What the first pages raise while *plan* holds for all requests but those of signing in; None if they are read."""
    wire = Wire()
    async with bench.open(wire) as connection:
        firsts = [family for family in connection.families() if family.scopes and not family.follows]
        for family in firsts:
            await connection.read_page(family.name, family.scopes, None, 0, NOTHING)
        if not wire.sent:
            raise no_requests(bench, "the connector makes no requests, so that none can fail")
        wire.plan = plan
        for family in firsts:
            try:
                await connection.read_page(family.name, family.scopes, None, 0, NOTHING)
            except JackfieldError as error:
                return error
    return None


async def renews_its_token(bench: Bench) -> None:
    """An access token that lapses in the middle is renewed, and the sync ends whole.

    Tokens live for minutes or hours; a connector that signs in once dies in the middle of its first long sync.
    """
    expire = bench.need("expire", "what becomes of lapsed tokens")
    truth = bench.truth()
    for aim in await aims_of(bench):
        await _ends_whole_after(bench, truth, Wire(aim.plan(after(expire))), f"the access token lapses before {aim}")


async def starts_over_where_a_cursor_lapses(bench: Bench) -> None:
    """A listing whose cursor is no longer honoured is read anew, and the sync ends whole.

    Cursors live for minutes; a sync that is paused, or resumed after a crash, comes back with one that has lapsed.
    """
    forget = bench.need("forget_cursors", "what becomes of lapsed cursors")
    truth = bench.truth()
    for aim in await aims_of(bench):
        await _ends_whole_after(bench, truth, Wire(aim.plan(after(forget))), f"all cursors lapse before {aim}")


async def _ends_whole_after(bench: Bench, truth: Truth, wire: Wire, step: str) -> None:
    shown = await bench.sync(wire)
    never_lies(shown, truth, step)
    if not shown.complete:
        raise Finding(f"the sync does not survive it: {shown}", step, "jackfield sync")


async def sees_change_as_it_is(bench: Bench) -> None:
    """While the application changes under a sync, it shows what was true at some time, or says that it is not whole.

    Somebody joins a group between two pages: rows may be of before or after, but none may be lost that was always there.
    """
    drift = bench.need("drift", "a sync while the application changes")
    for seed in range(6):
        seen: list[Truth] = [bench.truth()]

        def plan(now: int, _: Sent, seed: int = seed, seen: list[Truth] = seen) -> Fault | None:
            if now % 3 == seed % 3:
                drift(seed * 1000 + now)
                seen.append(bench.truth())
            return None

        shown = await bench.sync(Wire(plan))
        seen.append(bench.truth())
        if not shown.complete:
            continue
        always = reduce(frozenset[GrantId].intersection, (one.grants for one in seen))
        ever = frozenset[object]().union(*(one.grants for one in seen))
        if lost := always - shown.grants:
            raise Finding(
                f"the snapshot calls itself complete and lacks {min(lost)}, which was always there",
                f"drift({seed}…) between requests",
            )
        if more := shown.grants - ever:
            raise Finding(f"the snapshot shows {min(more)}, which was never there", f"drift({seed}…) between requests")
        stayed = reduce(frozenset[ResourceId].intersection, (one.resources for one in seen))
        if gone := stayed - shown.resources.keys():
            raise Finding(
                f"the snapshot calls itself complete and lacks {min(gone)}, which was always there",
                f"drift({seed}…) between requests",
            )


async def tells_no_secret(bench: Bench) -> None:
    """No error and no log line shows a secret of the configuration, whatever the application echoes.

    Logs are kept for years and read by many.
    """
    values = secret_values(bench)
    if not values:
        raise NotApplicable("the configuration has no secrets")
    aims = await aims_of(bench)
    echo = " ".join(values).encode()
    faults = {
        "401": answer(401, FOREIGN),
        "400 with an echo": answer(400, echo, {"content-type": "text/plain"}),
        "200 with an echo": answer(200, echo),
        "500": answer(500, echo),
    }
    for what, fault in faults.items():
        message: list[str] = []
        for aim in (aims[0], aims[-1]):
            shown = await bench.sync(Wire(aim.plan(fault, lasting=True)))
            message += [str(shown.error), repr(shown.error), str(shown.run), *(str(each) for each in shown.diagnostics)]
        async with bench.open(Wire(everywhere(fault))) as connection:
            try:
                await connection.check()
            except JackfieldError as error:
                message += [str(error), repr(error), str(error.detail), str(error.__cause__), str(error.__context__)]
        for text in (*message, *bench.log.lines):
            if any(value in text for value in values):
                raise Finding(
                    f"a secret of the configuration is told: {_masked(text, values)[:300]}", f"answers {what}"
                )
    if not await _walked(bench):
        raise NotApplicable("nothing was read")


async def _walked(bench: Bench) -> bool:
    return bool((await walk(bench)).reads)


def _masked(text: str, values: list[str]) -> str:
    for value in values:
        text = text.replace(value, "<the secret>")
    return text
