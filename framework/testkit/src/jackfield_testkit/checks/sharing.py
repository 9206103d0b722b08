"""How a connector keeps to itself: other connections, what it keeps and leaves behind, what it tells and asks again."""

import asyncio
import gc
import os
import sys
import tempfile
import threading
from base64 import b64encode
from collections import Counter
from collections.abc import AsyncGenerator, Iterable, Mapping
from pathlib import Path
from types import FrameType, FunctionType, ModuleType
from typing import Any
from urllib.parse import quote

import msgspec

from jackfield.errors import JackfieldError
from jackfield.http import Response
from jackfield_contracts import Change
from jackfield_testkit.alone import let_in_alone
from jackfield_testkit.bench import Bench, differences
from jackfield_testkit.checks.acting import (
    all_samples,
    make_raw,
    name_of,
    one_of_each_kind,
    state_before,
)
from jackfield_testkit.checks.declared import secret_values
from jackfield_testkit.checks.moving import first_listed
from jackfield_testkit.checks.signing import let_in, wrong_secrets
from jackfield_testkit.data import Finding, NotApplicable, Variant
from jackfield_testkit.reach import none_disturbed
from jackfield_testkit.walk import walk
from jackfield_testkit.wire import Fault, Send, Sent, Wire, answer, everywhere, lose_answer, never_answer

_DESCRIPTORS = Path("/proc/self/fd")
_DRIFTS = 4
_SYNCS = 50
_SETTLED = 10
"""Syncs after which what is made once has been made."""
_LOOKS = ("GET", "HEAD", "OPTIONS")
_MOMENTS = 60
_SHORTEST = 4
"""Characters of a secret that is looked for: a shorter one may stand anywhere by chance."""


async def shares_nothing(bench: Bench) -> None:
    """Two connections at once in one process, to two applications, show each its own.

    A service opens all connections side by side; what a module or a class keeps, such as a company's people, reaches another.
    """
    backend, values = bench.need("another", "whether two connections keep apart")()
    await _each_its_own(bench, bench.beside(values, backend), "two applications")
    variants: Mapping[str, Variant] = getattr(bench.backend, "variants", dict[str, Variant])()
    for name, variant in variants.items():
        # What one application says of itself is not what another does.
        other = bench.beside(variant.config, variant.backend, variant.samples)
        await _each_its_own(bench, other, f"two applications, the second in the variant {name!r},")


async def _each_its_own(bench: Bench, two: Bench, which: str) -> None:
    try:
        for at_once in (True, False):
            shown = (
                await asyncio.gather(bench.sync(), two.sync()) if at_once else [await bench.sync(), await two.sync()]
            )
            for one, of in zip(shown, (bench, two), strict=True):
                wrong = differences(one, of.truth()) or ([] if one.complete else [f"the sync is {one}"])
                if wrong:
                    how = "at once" if at_once else "one after the other"
                    raise Finding("; ".join(wrong), f"two connections to {which} are synced {how}")
    finally:
        two.close()


async def shares_no_sign_in(bench: Bench) -> None:
    """While one connection is signed in, another one with a wrong secret is not let in by it.

    A token that is kept for the process signs everybody in as whoever came first.
    """
    verified = False
    async with bench.open() as first:
        await first.check()
        for name, values in wrong_secrets(bench):
            if await asyncio.to_thread(let_in_alone, bench.found.name, values):
                continue
            verified = True
            if await let_in(bench, values):
                raise Finding(
                    f"a connection whose {name!r} is wrong is let in, and is not where no other was before",
                    "one connection is signed in",
                    "another one is opened, and checked",
                )
    if not verified:
        raise NotApplicable("there is no secret, or the backend takes any, so that wrong ones are not checked")


async def keeps_nothing_for_later(bench: Bench) -> None:
    """A connection that is opened anew shows what is true now, also beside one that was opened before.

    What a module keeps of an earlier sync is what was true then, told as if it were now.
    """
    drift = bench.need("drift", "whether a connection that is opened anew shows what is true now")
    going = (await first_listed(bench))[:_DRIFTS] if bench.has("remove") else []
    async with bench.open() as first:
        await first.check()
        for seed in range(_DRIFTS + 1):
            shown = await bench.sync()
            wrong = differences(shown, bench.truth()) or ([] if shown.complete else [f"the sync is {shown}"])
            if wrong:
                raise Finding("; ".join(wrong), "sync", "somebody changes something", "sync again, in the same process")
            drift(seed)
            for person in going[seed : seed + 1]:
                bench.need("remove", "")(person)


async def grows_by_nothing(bench: Bench) -> None:
    """Its modules and classes keep nothing more from sync to sync: 50 of them leave what ten had left.

    A service syncs every hour for months; a row kept of each is a process that the system ends one night.
    """
    package = bench.found.type.open.__module__.partition(".")[0]
    kept: list[int] = []
    middle = _SETTLED + (_SYNCS - _SETTLED) // 2
    for number in range(1, _SYNCS + 1):
        await walk(bench)
        if number in (_SETTLED, middle, _SYNCS):
            kept.append(_kept_by(package))
    # What is made once makes one step; what is kept of each sync grows in both halves.
    growth = min(kept[1] - kept[0], kept[2] - kept[1]) / (middle - _SETTLED)
    if growth >= 1:
        raise Finding(f"each sync leaves {growth:.0f} more objects in what {package} keeps", f"{_SYNCS} syncs")


def _kept_by(package: str) -> int:
    """How many objects the modules of *package* reach, without those of other packages."""
    gc.collect()
    waiting: list[object] = [
        value
        for name, module in list(sys.modules.items())
        if name.partition(".")[0] == package
        for value in vars(module).values()
    ]
    seen: set[int] = set()
    while waiting:
        thing = waiting.pop()
        if id(thing) in seen or isinstance(thing, ModuleType | FrameType) or _foreign(thing, package):
            continue
        seen.add(id(thing))
        waiting += gc.get_referents(thing)
    return len(seen)


def _foreign(thing: object, package: str) -> bool:
    """Whether *thing* is code of another package: what that keeps is its own matter."""
    if not isinstance(thing, type | FunctionType):
        return False
    return (thing.__module__ or "").partition(".")[0] != package


async def leaves_nothing_behind(bench: Bench) -> None:
    """Syncs that ended, failed or were cancelled leave no file, socket, thread or task, and a sync writes no file of its own.

    A service opens and closes connections for months; what has to be kept, the host keeps.
    """
    await bench.sync()  # what is made once
    gc.collect()
    files, threads, tasks = _open_files(), set(threading.enumerate()), asyncio.all_tasks()
    step = "sync; sync, cancelled at its second request; sync, every request answered 500"
    if made := await _temporary(bench):
        raise Finding(f"it leaves {made[0]} in the folder of temporary files", "jackfield sync")
    if written := await _written_by(bench):
        raise Finding(f"it writes to {written[0]}", "jackfield sync")
    wire = Wire(lambda now, _: never_answer if now == 1 else None)
    task = asyncio.ensure_future(bench.sync(wire))
    hit = asyncio.ensure_future(wire.hit.wait())
    await asyncio.wait([hit, task], return_when=asyncio.FIRST_COMPLETED)
    for each in (hit, task):
        each.cancel()
    await asyncio.wait([hit, task])
    await bench.sync(Wire(everywhere(answer(500, b""))))
    del wire, task, hit
    left = _left(files, threads, tasks)
    # A backend in this process hears of a closed connection a moment later.
    for _ in range(_MOMENTS):
        if left is None:
            return
        await asyncio.sleep(0.05)
        left = _left(files, threads, tasks)
    raise Finding(left or "", step)


async def _temporary(bench: Bench) -> list[str]:
    """What a sync leaves in the folder of temporary files."""
    own = bench.folder / "temporary"
    own.mkdir(exist_ok=True)
    before, tempfile.tempdir = tempfile.tempdir, str(own)
    try:
        await bench.sync()
    finally:
        tempfile.tempdir = before
    return sorted(each.name for each in own.iterdir())


def _left(files: Counter[str], threads: set[threading.Thread], tasks: "set[asyncio.Task[Any]]") -> str | None:
    gc.collect()
    if running := [each for each in asyncio.all_tasks() - tasks if not each.done()]:
        return f"{len(running)} tasks are left running: {running[0]!r}"
    if new := {each for each in threading.enumerate() if not each.name.startswith("asyncio_")} - threads:
        return f"{len(new)} threads are left: {next(iter(new)).name}"
    if more := _open_files() - files:
        return f"{more.total()} files or sockets are left open: {', '.join(sorted(more))}"
    return None


def _open_files() -> Counter[str]:
    """The open files by their path, sockets all by one name; nothing where the system does not tell."""
    found: Counter[str] = Counter()
    for each in _DESCRIPTORS.iterdir() if _DESCRIPTORS.is_dir() else ():
        try:
            found[str(each.readlink()).partition(":[")[0]] += 1
        except OSError:  # the descriptor by which the folder itself is read
            continue
    return found


async def _written_by(bench: Bench) -> list[str]:
    """The files that the connector's own code opens to write during a sync, and that are there after it."""
    package = bench.found.type.open.__module__.partition(".")[0]
    found: list[str] = []
    armed = [True]

    def watch(event: str, arguments: tuple[Any, ...]) -> None:
        if armed[0] and event == "open" and isinstance(arguments[1], str) and set(arguments[1]) & set("wax+"):
            frame: FrameType | None = sys._getframe(1)  # pyright: ignore[reportPrivateUsage] - who opened it is what is asked
            while frame is not None:
                if frame.f_globals.get("__name__", "").partition(".")[0] == package:
                    found.append(str(arguments[0]))
                    return
                frame = frame.f_back

    sys.addaudithook(watch)
    try:
        await bench.sync()
    finally:
        armed[0] = False
    return [each for each in found if os.path.exists(each)]  # noqa: ASYNC240, PTH110 - a moment, and nothing else goes on


async def keeps_secrets_out_of_rows(bench: Bench) -> None:
    """No row, cursor or diagnostic holds a secret of the configuration, or a token that was sent.

    Snapshots are copied, exported and shown; cursors stand in the state, and in logs.
    """
    wire = Wire()
    walked = await walk(bench, wire)
    values = [each for each in {*secret_values(bench), *wire.tokens} if len(each) >= _SHORTEST]
    if not values:
        raise NotApplicable("the configuration has no secrets, and no token is sent")
    forms = [form for value in values for form in _forms(value)]
    for read in walked.reads:
        for call in read:
            told = msgspec.json.encode(call.page).decode()
            if any(form in told for form in forms):
                raise Finding("a page holds a secret, or a token", f"read_page(family={call.family!r})")


def _forms(value: str) -> Iterable[str]:
    return dict.fromkeys((value, quote(value, safe=""), b64encode(value.encode()).decode().rstrip("=")))


async def repeats_no_write(bench: Bench) -> None:
    """A hook sends no request that changes something a second time, whatever its method: PUT, PATCH and DELETE neither.

    Somebody else may have changed it meanwhile: the host looks before it asks again, a hook that tries again by itself does not.
    """
    wrote = False
    all_samples(bench)  # where there are none, there is nothing to look at
    samples = bench.samples
    some = (*one_of_each_kind(samples.grants), *samples.accounts[:1], *samples.deletions[:1], *samples.actions)
    for change in some:
        for what, fault in (("is lost", lose_answer), ("is 500", _made_and_failed)):
            async for sent, again in _struck(bench, change, fault):
                wrote = True
                if again:
                    raise Finding(
                        f"{sent} is sent {again + 1} times", f"{name_of(change)} (the hook)", f"the answer {what}"
                    )
    if not wrote:
        raise await none_disturbed(bench, "no hook changes anything by a request")


async def _struck(bench: Bench, change: Change, fault: Fault) -> AsyncGenerator[tuple[Sent, int]]:
    """The first request by which the hook changes something, and how often it is sent again."""
    wire = Wire()
    struck: list[Sent] = []
    async with bench.open(wire) as connection:
        try:
            state = await state_before(connection, change)
        except JackfieldError:
            return  # the sample was used up by a check of the same backend
        looks = {(each.method, each.route) for each in wire.sent}
        begun = len(wire.sent)

        def first_write(_: int, sent: Sent) -> Fault | None:
            if struck or sent.method in _LOOKS or (sent.method, sent.route) in looks:
                return None
            struck.append(sent)
            return fault

        wire.plan = first_write
        await make_raw(connection, change, state)
    for one in struck:
        same = [
            each for each in wire.sent[begun:] if (each.method, each.url, each.body) == (one.method, one.url, one.body)
        ]
        yield one, len(same) - 1


async def _made_and_failed(send: Send) -> Response:
    """The request is carried out, and answered as if it had failed."""
    given = await send()
    return msgspec.structs.replace(given, status=500, body=b"")
