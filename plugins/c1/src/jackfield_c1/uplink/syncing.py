"""The task of a sync: read whole, written as a file, and uploaded, with heartbeats all the while.

Promises that what is not complete is not uploaded unless that is wanted, and that a sync which was cancelled stops.
"""

import asyncio
import hashlib
import os
import shutil
from collections.abc import Coroutine, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, TypeVar

from google.rpc import code_pb2

from jackfield.errors import BadConfig, JackfieldError
from jackfield.hookspecs import ServedConnection, ServedSync, ServiceHost
from jackfield_c1.c1z import Subset, Written, write_c1z
from jackfield_c1.proto import baton_pb2
from jackfield_c1.uplink.answers import Answer, failed
from jackfield_c1.uplink.config import UplinkConfig
from jackfield_c1.uplink.objects import resource_id
from jackfield_c1.uplink.platform import CallFailed, Platform
from jackfield_contracts import ResourceId

_USUAL, _LEAST, _MOST = 30.0, 1.0, 300.0
_FAILURES = 9
"""Heartbeats that may fail one after the other before the task is given up."""
_UPLOADS = (0.0, 1.0, 3.0)
"""Seconds before each try of an upload; each begins anew."""
_NAMED = 5

T = TypeVar("T")


async def sync(
    host: ServiceHost, platform: Platform, connection: ServedConnection, config: UplinkConfig, task: baton_pb2.Task
) -> Answer | None:
    """Carry out one sync; None where the platform wants to hear nothing of it any more."""
    try:
        first = await platform.heartbeat(task.id)
    except (CallFailed, JackfieldError) as error:
        host.log.warning("a task was dropped: its first heartbeat failed", task=task.id, reason=str(error))
        return None
    if first.cancelled:
        return None
    beats = _Heartbeats(platform, task.id, _interval(first))
    work = asyncio.create_task(_work(host, platform, connection, config, task))
    beating = asyncio.create_task(beats.beat())
    try:
        await asyncio.wait([work, beating], return_when=asyncio.FIRST_COMPLETED)
        if work.done():
            return work.result()
        work.cancel()
        await asyncio.wait([work])
        if not work.cancelled() and work.exception() is None:
            return work.result()
        return beating.result()
    finally:
        for each in (work, beating):
            each.cancel()
        await asyncio.wait([work, beating])


def tidy(folder: Path, host_id: str) -> None:
    """Delete the files of uploads that a kill of this very host has left in *folder*."""
    for left in folder.glob(f"{_prefix(host_id)}*"):
        shutil.rmtree(left, ignore_errors=True)


def _prefix(host_id: str) -> str:
    return f"upload-{hashlib.sha256(host_id.encode()).hexdigest()[:12]}-"


class _Heartbeats:
    def __init__(self, platform: Platform, task: str, interval: float) -> None:
        self._platform = platform
        self._task = task
        self._interval = interval

    async def beat(self) -> Answer:
        """Tell the platform that the task goes on; ends, with what it is to be told, when it must not."""
        failures = 0
        while True:
            await asyncio.sleep(self._interval)
            try:
                answer = await self._platform.heartbeat(self._task)
            except (CallFailed, JackfieldError) as error:
                failures += 1
                if failures >= _FAILURES:
                    return failed(code_pb2.UNAVAILABLE, f"heartbeat failed: {error}", retryable=True)
                continue
            failures = 0
            if answer.cancelled or self._task in answer.cancelled_task_ids:
                return failed(code_pb2.CANCELLED, "the task was cancelled", retryable=True)
            self._interval = _interval(answer)


def _interval(
    answer: baton_pb2.BatonServiceHeartbeatResponse | baton_pb2.BatonServiceGetTaskResponse,
) -> float:
    seconds = answer.next_heartbeat.seconds + answer.next_heartbeat.nanos / 1e9
    return min(max(seconds, _LEAST), _MOST) if seconds > 0 else _USUAL


async def _work(
    host: ServiceHost, platform: Platform, connection: ServedConnection, config: UplinkConfig, task: baton_pb2.Task
) -> Answer:
    subset = _subset(connection, task.sync_full)
    ended = await connection.sync()
    host.log.info("synced for a task", connection=connection.name, task=task.id, run=ended.run)
    if (why := _unfit(ended, upload_incomplete=config.upload_incomplete)) is not None:
        return failed(code_pb2.FAILED_PRECONDITION, why, retryable=True)
    with TemporaryDirectory(dir=host.folder, prefix=_prefix(platform.host_id)) as folder:
        file = Path(folder) / "sync.c1z"
        written = await _written(connection, ended.run, file, subset)
        for warning in written.warnings:
            host.log.warning("the file can't say all of the snapshot", task=task.id, run=ended.run, warning=warning)
        if written.absent:
            return _not_there(written.absent, ended)
        await _upload(host, platform, task.id, file)
    return Answer()


def _unfit(ended: ServedSync, *, upload_incomplete: bool) -> str | None:
    """Why a sync is not uploaded, None if it is."""
    if not ended.published:
        return f"the snapshot is held, and not published: {ended.reason or 'no reason is known'}"
    if ended.complete or upload_incomplete:
        return None
    unseen = [f"{each.scope} ({each.reason or each.seal.value})" for each in ended.not_complete]
    more = f" and {len(unseen) - _NAMED} more" if len(unseen) > _NAMED else ""
    return f"the snapshot is not complete: {', '.join(unseen[:_NAMED])}{more}"


def _not_there(absent: Sequence[ResourceId], ended: ServedSync) -> Answer:
    """What the platform is told of resources that it asks for by their ids and that the sync has not found.

    A file without them would leave it to the reader to miss them.
    """
    more = f" and {len(absent) - _NAMED} more" if len(absent) > _NAMED else ""
    named = f"{', '.join(map(str, absent[:_NAMED]))}{more}"
    if ended.complete:
        return failed(code_pb2.NOT_FOUND, f"the application does not have {named}: nothing was uploaded")
    message = f"{named}: not found, and the snapshot is not complete, so that it may exist; nothing was uploaded"
    return failed(code_pb2.FAILED_PRECONDITION, message, retryable=True)


def _subset(connection: ServedConnection, asked: baton_pb2.Task.SyncFullTask) -> Subset:
    """What of the snapshot is wanted. Nothing is expanded here: the file says what grants pass on, in any case.

    Raises BadConfig for a type that there is none of: an empty file would say that the application has nothing.
    """
    subset = Subset(
        skip_grants=asked.skip_grants,
        skip_entitlements_and_grants=asked.skip_entitlements_and_grants,
        types=tuple(asked.sync_resource_type_ids),
        resources=tuple(resource_id(each.id, "targeted resource") for each in asked.targeted_sync_resources),
    )
    known = [each.name for each in connection.resource_types]
    for name in (*subset.types, *(each.type for each in subset.resources)):
        if name not in known:
            raise BadConfig(f"there is no resource type {name!r}; there are {', '.join(known)}")
    return subset


async def _written(connection: ServedConnection, run: str, file: Path, subset: Subset) -> Written:
    def write() -> Written:
        handle = os.open(file, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        with connection.snapshot(run) as export, os.fdopen(handle, "w+b") as to:
            return write_c1z(export, to, subset=subset, types=connection.resource_types, folder=file.parent)

    return await _uninterrupted(asyncio.to_thread(write))


async def _uninterrupted(work: Coroutine[Any, Any, T]) -> T:
    """What *work* gives; waited for also where this is cancelled: a thread can't be, and its folder is deleted afterwards."""
    task = asyncio.create_task(work)
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        await asyncio.wait([task])
        raise


async def _upload(host: ServiceHost, platform: Platform, task: str, file: Path) -> None:
    error: CallFailed | JackfieldError | None = None
    for wait in _UPLOADS:
        await asyncio.sleep(wait)
        try:
            await platform.upload(task, file)
        except (CallFailed, JackfieldError) as raised:
            error = raised
            host.log.warning("an upload failed", task=task, reason=str(raised))
        else:
            return
    if error is not None:
        raise error
