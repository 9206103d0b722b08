"""What a connector reads from an application that nothing disturbs."""

import math
import re
from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta

import msgspec

from jackfield_contracts import (
    AccountStatus,
    Entitlement,
    Family,
    Grant,
    Item,
    Resource,
    ResourceType,
    StateQuery,
    TraitKind,
    UserTrait,
)
from jackfield_testkit.bench import Bench, differences
from jackfield_testkit.checks.acting import name_of, state_before
from jackfield_testkit.data import Finding, NotApplicable
from jackfield_testkit.reach import no_requests
from jackfield_testkit.sources import sources
from jackfield_testkit.walk import Call, Walk, rest, rows, walk
from jackfield_testkit.wire import Sent, Wire, everywhere, with_word

_TRAITS = {
    TraitKind.USER: "user",
    TraitKind.GROUP: "group",
    TraitKind.ROLE: "role",
    TraitKind.APP: "app",
    TraitKind.LICENSE: "license",
}
_NEW = "testkit_new"
_A_DATE = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d")
_NO_ZONE = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d+)?)?")


async def shows_the_truth(bench: Bench) -> None:
    """A sync of an application that nothing disturbs is published as complete, and shows what is true.

    A row too few is access that nobody sees; one too many is access that nobody has.
    """
    truth = bench.truth()
    shown = await bench.sync()
    if not shown.complete:
        raise Finding(f"the sync is not complete: {shown}", "jackfield sync")
    if wrong := differences(shown, truth):
        raise Finding("; ".join(wrong), "jackfield sync, compared with what the backend calls its truth")


async def gives_the_same_twice(bench: Bench) -> None:
    """Two syncs of an unchanged application are equal, row for row.

    Ids that change from sync to sync, or values that depend on the moment, make every diff a lie.
    """
    first, second = await bench.sync(), await bench.sync()
    if first.resources != second.resources:
        for id, resource in first.resources.items():
            if second.resources.get(id) != resource:
                raise Finding(f"{id} is {resource} in one sync and {second.resources.get(id)} in the next")
        raise Finding(f"{next(iter(second.resources.keys() - first.resources.keys()))} comes only with the second sync")
    if first.grants != second.grants:
        raise Finding(f"the grants differ: {sorted(first.grants ^ second.grants)[:3]}")
    if first.entitlements != second.entitlements:
        raise Finding("the entitlements of two syncs differ")


async def refers_to_what_is_there(bench: Bench) -> None:
    """Grants name entitlements, resources and principals that the sync shows too; types are declared, and fit.

    A grant of something unknown can be neither reviewed nor taken back.
    """
    shown = await bench.sync()
    async with bench.open() as connection:
        types = {each.name: each for each in connection.resource_types()}
    offered = {each.id: each for each in shown.entitlements}
    for id, resource in shown.resources.items():
        _fits(resource, types)
        if resource.parent is not None and resource.parent not in shown.resources:
            raise Finding(f"the parent of {id}, {resource.parent}, is not shown")
    for entitlement in shown.entitlements:
        if entitlement.id.resource not in shown.resources:
            raise Finding(f"the entitlement {entitlement.id} is of a resource that is not shown")
        if unknown := [name for name in entitlement.grantable_to if name not in types]:
            raise Finding(f"the entitlement {entitlement.id} is grantable to {unknown[0]!r}, which is no resource type")
        if not entitlement.display_name.strip():
            raise Finding(f"the entitlement {entitlement.id} has no name")
    for grant in sorted(shown.grants):
        if grant.entitlement not in offered:
            raise Finding(f"the grant {grant} is of an entitlement that is not shown")
        if grant.principal not in shown.resources:
            raise Finding(f"the grant {grant} is held by a principal that is not shown")


def _fits(resource: Resource, types: dict[str, ResourceType]) -> None:
    kind = types.get(resource.id.type)
    if kind is None:
        raise Finding(f"{resource.id} is of a type that resource_types does not name")
    if not resource.display_name.strip():
        raise Finding(f"{resource.id} has no name to show")
    tag = resource.trait.__struct_config__.tag if resource.trait is not None else None
    if kind.trait is not None and tag != _TRAITS[kind.trait]:
        raise Finding(f"{resource.id} has the trait {tag!r}, and its type says {kind.trait.value!r}")


async def tells_time_with_its_zone(bench: Bench) -> None:
    """Every date is in UTC and says so.

    A date without a zone is an hour or half a day off as soon as somebody compares it.
    """
    shown = await bench.sync()
    seen = False
    for id, resource in shown.resources.items():
        dates = {"created": resource.created}
        if isinstance(resource.trait, UserTrait):
            names = ("invited", "joined", "suspended", "last_login")
            dates |= {name: getattr(resource.trait, name) for name in names}
        for name, value in dates.items():
            if isinstance(value, datetime):
                seen = True
                if value.utcoffset() != timedelta(0):
                    raise Finding(f"{name} of {id} is {value.isoformat()}, which is not in UTC")
        for name, text in resource.profile.items():
            seen = seen or (isinstance(text, str) and _A_DATE.match(text) is not None)
            # What the application writes without a zone may stand as it is; what the connector writes may not.
            if isinstance(text, str) and _NO_ZONE.fullmatch(text) and not await _stands(bench, text):
                raise Finding(f"{name} of {id} is {text}, which has no zone")
    if not seen:
        raise NotApplicable("the connector gives no dates")


async def _stands(bench: Bench, text: str) -> bool:
    """Whether the application itself gives a text."""
    wire = Wire()
    await bench.sync(wire)
    given = [answer.body for _, answer in wire.answered]
    return any(text.encode() in each for each in (*given, *(file.read_bytes() for file in sources(bench.values))))


async def gives_pages_that_fit(bench: Bench) -> None:
    """Each row of a page belongs to a scope that the read feeds, and no read gives one twice.

    The host seals what was read by scope: a row in a foreign scope is dropped or counted where it does not belong.
    """
    walked = await walk(bench)
    async with bench.open() as connection:
        families = {each.name: each for each in connection.families()}
    for read in walked.reads:
        seen: dict[bytes, int] = {}
        for number, call in enumerate(read, 1):
            fed = _fed(walked, families[call.family], call)
            for item in call.page.items:
                if fed and item.scope not in fed:
                    raise Finding(
                        f"{_name(item)} is of the scope {item.scope!r}, and the read feeds {sorted(fed)}", str(call)
                    )
                if isinstance(item, Entitlement):
                    continue
                key = msgspec.json.encode((type(item).__name__, _name(item)))
                if key in seen:
                    raise Finding(
                        f"{_name(item)} is given by page {seen[key]} and by page {number} of one read", *map(str, read)
                    )
                seen[key] = number


def _fed(walked: Walk, family: Family, call: Call) -> set[str]:
    """The scopes that a read may feed: its own, or those of its family and what pages opened for that."""
    if not family.scopes:
        return {scope.name for scope in call.scopes}
    opened = {
        scope.name for read in walked.reads for each in read for scope in each.page.opens if scope.family == family.name
    }
    return {scope.name for scope in family.scopes} | opened


def _name(item: Item) -> str:
    return f"{item.entitlement}#{item.principal}" if isinstance(item, Grant) else str(item.id)


async def resumes_at_every_cursor(bench: Bench) -> None:
    """From each cursor on, a connector that was opened anew gives the same rest.

    A sync that was killed goes on from its last cursor in another process; what the connector kept in memory is gone.
    """
    walked = await walk(bench)
    if all(len(read) == 1 for read in walked.reads):
        raise NotApplicable("no read takes more than one page; give the backend small pages")
    for read in walked.reads:
        for number, call in enumerate(read):
            if number == 0:
                continue
            async with bench.open() as connection:
                again = await rest(connection, call, walked.view, most=len(read) + 5)
            wanted = rows(one.page for one in read[number:])
            given = rows(again)
            if wanted != given:
                message = _text(wanted, given)
                raise Finding(
                    f"resumed at page {number + 1}, the rest is another: {message}", str(call), "in a new process"
                )


def _text(wanted: Counter[bytes], given: Counter[bytes]) -> str:
    missing, more = wanted - given, given - wanted
    said = [f"{sum(missing.values())} rows are missing, such as {min(missing)[:200]!r}"] if missing else []
    said += [f"{sum(more.values())} rows come beside, such as {min(more)[:200]!r}"] if more else []
    return "; ".join(said)


async def takes_whole_pages(bench: Bench) -> None:
    """A listing takes as few pages as the application allows.

    With pages of one row, a team of ten thousand takes ten thousand requests.
    """
    size = bench.need("page_size", "the number of pages")
    for read in (await walk(bench)).reads:
        rows = [item for call in read for item in call.page.items]
        things = Counter(item.id.type for item in rows if isinstance(item, Resource))
        held = Counter(str(item.entitlement) for item in rows if isinstance(item, Grant))
        most = max(max(things.values(), default=0), 0) or sum(held.values())
        # A page may begin with the last thing of the one before, so that what moves is noticed; and end with two empty ones.
        if len(read) > math.ceil(most / max(1, size - 1)) + 2 and len(read) > 2:
            raise Finding(
                f"{most} things came in {len(read)} pages, and the application gives {size} a page", *map(str, read[:3])
            )


async def asks_for_nothing_twice(bench: Bench) -> None:
    """An undisturbed sync makes no request twice, nor does what is read before a change.

    The application's limits are what bounds a sync; each request that could be spared is somebody's waiting.
    """
    walked = await walk(bench)
    if not walked.wire.sent:
        raise no_requests(bench)
    _once(walked.wire.sent, "one undisturbed sync")
    samples = bench.samples
    for change in (*samples.grants[:3], *samples.deletions[:1], *samples.actions):
        wire = Wire()
        async with bench.open(wire) as connection:
            start = len(wire.sent)
            await state_before(connection, change)
        _once(wire.sent[start:], f"read_state before {name_of(change)}")
    facts = bench.truth().facts.values()
    if (name := next((str(each["login"]) for each in facts if each.get("login")), None)) is not None:
        wire = Wire()
        async with bench.open(wire) as connection:
            if connection.implements("read_state"):
                start = len(wire.sent)
                await connection.read_state(StateQuery(names=(name,)))
                _once(wire.sent[start:], f"read_state of {name!r}")


def _once(sent: Sequence[Sent], where: str) -> None:
    counts = Counter((each.method, each.url, each.body) for each in sent)
    for (method, url, _), times in counts.items():
        if times > 1:
            raise Finding(f"{method} {url} was sent {times} times with the same body", where)


async def guesses_no_status(bench: Bench) -> None:
    """A status of a user that the application may bring in tomorrow is shown as unknown, or not understood.

    Access of an account that is "probably active" is access of which nobody knows.
    """
    wire = Wire()
    known = await bench.sync(wire)
    raw = {id: trait.status_raw for id, each in known.resources.items() if isinstance(trait := each.trait, UserTrait)}
    words = sorted({word for word in raw.values() if word})
    if not wire.sent or not words:
        raise NotApplicable("no answer of the application tells the status of a user")
    felt = False
    for word in words:
        shown = await bench.sync(Wire(everywhere(with_word(word, _NEW))))
        felt = felt or not shown.complete
        for id, was in raw.items():
            resource = shown.resources.get(id)
            if was != word or resource is None or not isinstance(trait := resource.trait, UserTrait):
                continue
            felt = felt or trait.status_raw != word
            if trait.status_raw != word and trait.status is not AccountStatus.UNKNOWN:
                raise Finding(
                    f"{id} has a status that nobody documented, and is shown as {trait.status.value}",
                    f"in every answer {word!r} is {_NEW!r}",
                )
    if not felt:
        raise NotApplicable("no answer of the application tells the status of a user in a word")
