"""Writing a recording while requests are made: one line for each, once it is answered or has failed.

Promises that each line is written whole and at once, so that a process which is killed leaves a file that can be read; that
only a file which has every request says so; that no more than one exchange is held; and that a request is sent and answered
as without a recording, whatever becomes of the file. Hides the key.
"""

import os
import threading
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager, suppress
from importlib.metadata import version
from pathlib import Path
from secrets import token_bytes

import msgspec

from jackfield.clock import Clock
from jackfield.config.secrets import Secret
from jackfield.errors import BadConfig
from jackfield.files import create, demand_unplanted
from jackfield.http import Response, Sender
from jackfield.http.harmless import Harmless
from jackfield.log import Logger
from jackfield.recording.exchange import FORMAT, Answer, Body, End, Exchange, Head
from jackfield.recording.forms import Forms
from jackfield.recording.masking import Masker

Between = Callable[[Sender], Sender]
"""What makes of the sender of a connection one that stands before it."""


class Recording:
    """A recording that is being written. Its key is made with it, and is gone with it."""

    def __init__(self, handle: int, clock: Clock, log: Logger) -> None:
        self._handle = handle
        self._clock = clock
        self._log = log
        self._forms = Forms(token_bytes(32))
        self._began = clock.monotonic()
        self._numbers = 0
        self._turn = threading.Lock()
        self._ended = False
        self._size = 0
        self.written = 0
        """How many exchanges are in the file."""
        self._put(msgspec.json.encode(Head(jackfield_recording=FORMAT, version=version("jackfield"))))

    def of(self, connection: str, connector: str, harmless: Harmless | None) -> Between:
        """What records the requests of *connection*; of *harmless* None, nothing but signing in is known."""
        if harmless is None:
            self._log.warning(
                "the connector does not say what of its application is harmless, so that the recording replaces even the"
                " names of fields and routes, and can't be replayed",
                connector=connector,
            )
        masker = Masker(self._forms, harmless or Harmless())
        named = self._forms.words(connection)
        return lambda sender: _Recorder(sender, self, masker, named, connector)

    def begin(self) -> tuple[int, float]:
        """The number of a request that leaves now, and the seconds until then."""
        with self._turn:
            self._numbers += 1
            return self._numbers, round(self._clock.monotonic() - self._began, 3)

    @property
    def lost(self) -> int:
        """How many requests that left are not in the file, those that are under way included."""
        return self._numbers - self.written

    def add(self, exchange: Callable[[], Exchange]) -> None:
        """Write one exchange. Never raises: what can't be written ends the recording, and the log says so."""
        if self._ended:
            return
        try:
            line = msgspec.json.encode(exchange())
        except Exception as error:  # noqa: BLE001 - a request goes on, whatever a recording can't tell of it
            self._log.warning("an exchange could not be recorded", why=type(error).__name__)
            return
        try:
            self._put(line, exchanges=1)
        except OSError as error:
            self._log.warning(
                "the recording ends here: the file can't be written", why=error.strerror, exchanges=self.written
            )

    def close(self) -> None:
        """Write the last line. Never raises; what comes afterwards is not recorded."""
        with suppress(OSError):
            self._put(msgspec.json.encode(End(requests=self._numbers, lost=self.lost)))
        with self._turn:
            self._ended = True

    def _put(self, line: bytes, *, exchanges: int = 0) -> None:
        """Write a line; raises OSError, after which there is no other. Where it can't be written whole, nothing of it is left."""
        data = memoryview(line + b"\n")
        with self._turn:
            if self._ended:
                return
            try:
                while data:
                    data = data[os.write(self._handle, data) :]
            except OSError:
                self._ended = True
                with suppress(OSError):
                    os.ftruncate(self._handle, self._size)
                raise
            self._size += len(line) + 1
            self.written += exchanges


class _Recorder:
    """A sender whose exchanges are recorded."""

    def __init__(self, sender: Sender, recording: Recording, masker: Masker, connection: str, connector: str) -> None:
        self._sender = sender
        self._recording = recording
        self._masker = masker
        self._connection = connection
        self._connector = connector

    async def send(
        self, method: str, url: str, *, body: bytes | None, headers: Mapping[str, str], key: Secret | None = None
    ) -> Response:
        number, at = self._recording.begin()

        def exchange(answer: Response | None, failed: str = "") -> Exchange:
            place = self._masker.place(url)
            hidden = self._masker.secret_names(key.reveal()) if key is not None else ()
            return Exchange(
                number=number,
                at=at,
                connection=self._connection,
                connector=self._connector,
                method=method if method.isalpha() and method.isascii() else "?",
                host=place.host,
                prefix=place.prefix,
                path=place.path,
                query=(*place.query, *((name, None) for name in hidden)),
                headers=self._masker.headers(headers),
                body=_body(self._masker, body or b"", headers),
                answer=None if answer is None else _answer(self._masker, answer),
                failed=failed,
            )

        try:
            response = await self._sender.send(method, url, body=body, headers=headers, key=key)
        except BaseException as error:
            failed = type(error).__name__
            self._recording.add(lambda: exchange(None, failed))
            raise
        self._recording.add(lambda: exchange(response))
        return response


def _answer(masker: Masker, response: Response) -> Answer:
    return Answer(
        status=response.status,
        headers=masker.headers(response.headers),
        body=_body(masker, response.body, response.headers),
    )


def _body(masker: Masker, content: bytes, headers: Mapping[str, str]) -> Body:
    content_type = next((value for name, value in headers.items() if name.lower() == "content-type"), "")
    return masker.body(content, content_type)


@contextmanager
def open_recording(file: Path, clock: Clock, log: Logger) -> Generator[Recording]:
    """A new recording in *file* (mode 0600) for as long as the block lasts.

    Raises BadConfig where something is there already: nothing is written over, and a recording has one key.
    """
    try:
        demand_unplanted(file.absolute().parent)
        handle = create(file)
    except FileExistsError:
        raise BadConfig(
            f"{file} is there already", path="--record", hint="Name a file that is not there yet."
        ) from None
    except OSError as error:
        raise _unwritable(file, error) from None
    try:
        try:
            recording = Recording(handle, clock, log)
        except OSError as error:
            file.unlink(missing_ok=True)
            raise _unwritable(file, error) from None
        try:
            yield recording
        finally:
            recording.close()
    finally:
        os.close(handle)


def _unwritable(file: Path, error: OSError) -> BadConfig:
    return BadConfig(f"the recording {file} can't be written: {error.strerror}", path="--record")
