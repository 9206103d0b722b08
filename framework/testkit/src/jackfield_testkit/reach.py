"""How a connector reaches its application: by the host's HTTP, by files, or by a protocol of its own, which needs a tap.

Promises that what no rule can look at for lack of a tap is told as lacking. Hides how the three are told apart.
"""

from jackfield.errors import JackfieldError
from jackfield_testkit.bench import Bench
from jackfield_testkit.data import Lacking, NotApplicable
from jackfield_testkit.sources import sources
from jackfield_testkit.tapping import Tap
from jackfield_testkit.wire import Wire

_PEM = b"-----BEGIN "


def no_requests(bench: Bench, said: str = "the connector makes no requests") -> NotApplicable:
    """To be raised where a connector was seen to make no request by HTTP; *said* where it has no server at all."""
    if _has_no_server(bench):
        return NotApplicable(said)
    if bench.has("tap"):
        return NotApplicable(
            "the connector makes no requests by HTTP; its own protocol is disturbed by the rules of the tap"
        )
    return Lacking(
        "the connector makes no requests by HTTP, and the backend has no tap (see jackfield_testkit.tap; None where there is"
        " no server), so what it makes of a server that fails is not checked"
    )


async def none_disturbed(bench: Bench, said: str) -> NotApplicable:
    """To be raised where a check found no request to disturb; *said* where that is no matter of the protocol."""
    return NotApplicable(said) if await _asks_by_http(bench) else no_requests(bench, said)


async def tap_of(bench: Bench) -> Tap:
    """The tap that the connector's connections go through; the check does not apply where there is none to be had."""
    if not bench.has("tap"):
        if _has_no_server(bench):
            raise NotApplicable("the connector has no server to connect to")
        if await _asks_by_http(bench):
            raise NotApplicable("the connector makes its requests by HTTP, which other rules disturb")
    tap: Tap = bench.need("tap", "what becomes of lost connections of another protocol")
    before = tap.messages
    shown = await bench.sync()
    if not shown.complete:
        raise NotApplicable("an undisturbed sync is not complete, which another check tells")
    if tap.messages == before:
        raise Lacking("the connector's configuration leads past the tap of the backend")
    return tap


def _has_no_server(bench: Bench) -> bool:
    """Whether the author says so, or the configuration names files that are read: authorities and keys are none of them."""
    if bench.has("tap"):
        return False
    return hasattr(bench.backend, "tap") or any(not _is_pem(each.read_bytes()) for each in sources(bench.values))


def _is_pem(content: bytes) -> bool:
    return _PEM in content


async def _asks_by_http(bench: Bench) -> bool:
    wire = Wire()
    try:
        async with bench.open(wire) as connection:
            await connection.check()
    except JackfieldError:  # whatever it is, it was asked for
        pass
    if not wire.sent:
        await bench.sync(wire)
    return bool(wire.sent)
