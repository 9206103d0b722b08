"""The folder of the host's state and the places in it."""

from errno import ENOTDIR
from os import strerror
from os.path import lexists
from pathlib import Path

import msgspec

from jackfield.errors import BadConfig, storage_failure
from jackfield.files import demand_trusted, make_private_folder

_HINT = "Take the right to write away from others there (`chmod go-w`), or choose another folder with --home."


class Home(msgspec.Struct, frozen=True, kw_only=True):
    """Places below the home folder. Folders are made with mode 0700, files in them with 0600.

    A folder that another user may write is refused with BadConfig.
    """

    folder: Path

    @property
    def database(self) -> Path:
        """The operational database."""
        return self.folder / "state.db"

    @property
    def has_database(self) -> bool:
        """Whether anything stands where the operational database is to be, be it a link that leads nowhere."""
        return lexists(self.database)

    def snapshots(self, connection: str) -> Path:
        """The folder of one connection's snapshots; made if need be."""
        return self._made(self.folder / "snapshots" / connection)

    def snapshot(self, connection: str, run: str) -> Path:
        """The finished snapshot of a run."""
        return self.snapshots(connection) / f"{run}.sqlite"

    def partial(self, connection: str, token: int | None = None) -> Path:
        """The snapshot that is being written for a connection.

        *token*: under which lease, where hosts share the folder, so that no two of them ever write the same file.
        """
        return self.snapshots(connection) / ("snapshot.partial" if token is None else f"snapshot-{token}.partial")

    def older_partials(self, connection: str, token: int) -> list[Path]:
        """What was being written for a connection under leases before *token*, the newest first."""
        found = {0: self.partial(connection)}
        for file in self.snapshots(connection).glob("snapshot-*.partial"):
            number = file.stem.partition("-")[2]
            if number.isascii() and number.isdigit():
                found[int(number)] = file
        return [file for number, file in sorted(found.items(), reverse=True) if number < token and lexists(file)]

    def activity(self, connection: str) -> Path:
        """The database of what was read of a connection's feeds."""
        return self._made(self.folder / "activity") / f"{connection}.sqlite"

    def has_activity(self, connection: str) -> bool:
        """Whether anything stands where that database is to be."""
        return lexists(self.folder / "activity" / f"{connection}.sqlite")

    def service(self, name: str) -> Path:
        """The folder of one service of a plugin; made if need be."""
        self._made(self.folder / "services")
        return self._made(self.folder / "services" / name)

    def lock(self, connection: str, purpose: str) -> Path:
        """The file that is locked while *purpose* goes on for a connection."""
        return self._made(self.folder / "locks") / f"{connection}.{purpose}"

    def ensure(self) -> "Home":
        """Make the home folder itself; returns self."""
        self._made(self.folder)
        return self

    def _made(self, folder: Path) -> Path:
        try:
            # What lies in the home itself is looked at by itself, so that a disk of its own may be mounted there.
            demand_trusted(folder, what="the folder", hint=_HINT, adding=folder == self.folder)
            make_private_folder(folder)
            if not folder.is_dir():
                raise NotADirectoryError(ENOTDIR, strerror(ENOTDIR))
        except OSError as error:
            refused = BadConfig(
                f"the folder {folder} can't be used: {error.strerror}", hint="Choose another with --home."
            )
            raise storage_failure(error, folder) or refused from None
        return folder
