"""The hostile exports of a roster, held to the same rules as all other input."""

import json
import re

from .hostile import Command, Hostile, Play, Stage, run
from .hostile_rosters import INPUTS, Input


def _reading(input: Input) -> Play:
    def play(stage: Stage) -> Command:
        exports = stage.folder / "exports"
        exports.mkdir()
        input.write(exports / input.file)
        (stage.folder / "jackfield.toml").write_text(
            '[connections.erp]\nconnector = "roster"\napplication = "erp"\nfolder = "exports"\nquiet_seconds = 0\n'
            f'{input.config}\n[connections.erp.users]\nfile = {json.dumps(input.file)}\nid = "Id"\nname = "Name"\n',
            encoding="utf-8",
        )
        return run("sync", "erp")

    return play


def cases() -> list[Hostile]:
    """All of them."""
    return [
        Hostile("spreadsheets", each.name, each.bound, (each.code,), _reading(each), (re.escape(each.told),))
        for each in INPUTS
    ]
