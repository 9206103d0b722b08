"""UploadAsset: one stream of metadata, data and a checksum, kept as a file."""

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from . import rules
from .state import State, Task

LARGEST = 1024 * 1024


class Upload:
    """One stream, piece by piece."""

    def __init__(self, state: State) -> None:
        self._state = state
        self._sum = hashlib.sha256()
        self._file: Path | None = None
        self.ended = False
        self.task: Task | None = None
        self.task_id: str | None = None
        self.host_id = ""
        self.noted: dict[str, Any] = {"state": "open", "bytes": 0, "pieces": [], "sha256": None, "file": None}
        """What is told about the upload."""

    def take(self, message: Any) -> Iterator[rules.Fault]:
        """Takes the next message of the stream; what is wrong with it."""
        kind = message.WhichOneof("msg")
        yield from rules.of_message(message)
        if kind is None:
            yield "upload-order", "a message that is neither metadata nor data nor eof"
        elif self.ended:
            yield "upload-order", f"{kind} after eof"
        elif (kind == "metadata") != (self.task_id is None):
            yield "upload-order", f"{kind} where {'metadata is due' if self.task_id is None else 'it was sent'}"
        elif kind == "metadata":
            yield from self._begin(message.metadata)
        elif kind == "data":
            yield from self._data(message.data.data)
        else:
            yield from self._end(message.eof)

    def _begin(self, metadata: Any) -> Iterator[rules.Fault]:
        self.task_id, self.host_id = metadata.task_id, metadata.host_id
        self.task = self._state.tasks.get(metadata.task_id)
        if self.task is None:
            yield from rules.of_task_id(metadata.task_id)
            yield "unknown-task", f"upload for {metadata.task_id!r}, which was never offered"
            return
        task = self.task
        folder = self._state.folder / "uploads"
        folder.mkdir(parents=True, exist_ok=True)
        self._file = folder / f"{task.id}-{len(task.uploads) + 1}.c1z"
        self._file.write_bytes(b"")
        self.noted["file"] = str(self._file)
        task.uploads.append(self.noted)
        if task.type != "sync_full":
            yield "upload-not-wanted", f"upload for a task of the type {task.type}"
        elif task.finished or not task.deliveries:
            yield "upload-not-wanted", f"upload for a task that is {task.state}"
        elif task.good_uploads >= (2 if task.message.debug else 1) * len(task.deliveries):
            yield "upload-twice", "upload for a task that was uploaded, and told so"
        if task.type == "sync_full" and task.answered_beats == 0:
            yield "heartbeat-first", "upload for a sync whose first heartbeat was not answered"

    def _data(self, data: bytes) -> Iterator[rules.Fault]:
        if not 1 <= len(data) <= LARGEST:
            yield "upload-size", f"a piece of {len(data)} bytes, not 1 to {LARGEST}"
        self._sum.update(data)
        self.noted["bytes"] += len(data)
        self.noted["pieces"].append(len(data))
        if self._file is not None:
            with self._file.open("ab") as file:
                file.write(data)

    def _end(self, eof: Any) -> Iterator[rules.Fault]:
        self.ended = True
        self.noted["sha256"] = self._sum.hexdigest()
        if self.noted["bytes"] == 0:
            yield "upload-size", "eof without data"
        if eof.sha256_checksum != self._sum.digest():
            yield "checksum", f"the checksum is {eof.sha256_checksum.hex()}, of the data it is {self._sum.hexdigest()}"

    def close(self) -> Iterator[rules.Fault]:
        """The stream was closed by the connector; what is wrong with that."""
        if not self.ended:
            yield "upload-order", "the stream was closed without eof"
