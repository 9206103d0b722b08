"""Writes many files into a folder that is empty or not there: all of them, or none."""

import os
import secrets
import shutil
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from jackfield.errors import BadConfig, storing
from jackfield.files import demand_unplanted


def write_whole(folder: Path, texts: Mapping[str, str]) -> None:
    """Write *texts* by their paths below *folder*; raises BadConfig if it is not empty, BadStorage where the disk refuses.

    They are written beside it first and moved in at the end; whatever ends it before leaves *folder* as it was.
    """
    folder = folder.absolute()
    _demand_room(folder)
    aside = folder.parent / f".{folder.name}.{secrets.token_hex(4)}"
    moved: list[Path] = []
    made = not folder.exists()
    with storing(folder):
        try:
            aside.mkdir()
            for path, text in texts.items():
                file = aside / path
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_text(text, encoding="utf-8", newline="\n")
            if made:
                folder.mkdir()
            # Moved one by one: to put another folder in its place would take it from under a shell that stands in it.
            for each in sorted(aside.iterdir()):
                target = folder / each.name
                moved.append(target)
                os.rename(each, target)  # noqa: PTH104 - the same, and tests can make it fail
        except BaseException:
            for each in moved:
                if each.is_dir():
                    shutil.rmtree(each, ignore_errors=True)
                else:
                    each.unlink(missing_ok=True)
            if made:
                with suppress(OSError):  # what went wrong first is what is told
                    folder.rmdir()
            raise
        finally:
            shutil.rmtree(aside, ignore_errors=True)


def _demand_room(folder: Path) -> None:
    demand_unplanted(folder)
    if not folder.parent.is_dir():
        raise BadConfig("there is no folder to write into", path=str(folder.parent), hint="Make it first.")
    if folder.is_symlink() and not folder.exists():
        raise BadConfig("the folder is a link that leads nowhere", path=str(folder), hint="Name another with --into.")
    if folder.exists() and not folder.is_dir():
        raise BadConfig("there is a file of that name", path=str(folder), hint="Name another folder with --into.")
    if folder.exists() and any(folder.iterdir()):
        raise BadConfig(
            "the folder is not empty, and nothing was written", path=str(folder), hint="Name another with --into."
        )
