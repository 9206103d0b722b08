"""Commands that plugins add.

Promises that no code of a plugin is imported before its command is run, and that the host's own commands are never replaced.
Hides how distributions announce them: the files are read as they lie there, since Python's reader of them takes longer to
import than the help to be shown.
"""

import sys
from functools import cached_property
from pathlib import Path

import click

_GROUP = "jackfield.commands.v1"


class PluginCommands:
    """The commands of plugins, looked for when somebody first asks."""

    @cached_property
    def announced(self) -> dict[str, str]:
        """The names, each with the summary of its distribution, in alphabetical order."""
        found: dict[str, str] = {}
        for entry in dict.fromkeys(sys.path):
            try:
                folders = sorted(Path(entry or ".").glob("*.dist-info"))
            except OSError:
                continue
            for folder in folders:
                for name in _names(folder):
                    found.setdefault(name, _summary(folder))
        return dict(sorted(found.items()))

    def load(self, name: str) -> click.Command | None:
        """Import the command called *name*, None if no plugin announces it; raises BadConfig where it can't be used."""
        if name not in self.announced:
            return None
        from jackfield.errors import BadConfig
        from jackfield.host.installed import installed_points, named

        for point in installed_points(_GROUP)[0]:
            if point.name != name:
                continue
            of = " ".join(named(point.dist)) if point.dist is not None else "an unknown distribution"
            try:
                command = point.load()
            except Exception as error:
                raise BadConfig(
                    f"the command {name!r} of {of} can't be used: it fails to import: {type(error).__name__}: {error}",
                    hint="Install that distribution again, or report it to whoever wrote it.",
                ) from error
            if not isinstance(command, click.Command):
                raise BadConfig(
                    f"the command {name!r} of {of} can't be used: it is a {type(command).__name__}, not a click command",
                    hint="Report it to whoever wrote it.",
                )
            return command
        return None


def _names(folder: Path) -> list[str]:
    """The names that a distribution's entry points have in the group; none where they can't be read."""
    try:
        text = (folder / "entry_points.txt").read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return []
    if _GROUP not in text:
        return []
    _, _, rest = text.partition(f"[{_GROUP}]")
    lines = (line.strip() for line in rest.partition("\n[")[0].splitlines())
    return [line.partition("=")[0].strip() for line in lines if "=" in line and not line.startswith(("#", ";"))]


def _summary(folder: Path) -> str:
    try:
        with (folder / "METADATA").open(encoding="utf-8") as lines:
            return next((line[9:].strip() for line in lines if line.startswith("Summary: ")), "")
    except (OSError, UnicodeDecodeError):
        return ""
