"""Plugins that are loud, broken or half removed."""

from collections.abc import Sequence

from .cli import NAME
from .evidence import ROOT
from .hostile import Command, Hostile, Stage, run
from .hostile_files import Play, json_of
from .measured import Measured

EXAMPLE = ROOT / "docs" / "examples" / "rest" / "acme_connector.py"
_LOUD = (
    EXAMPLE.read_text(encoding="utf-8")
    + """
import os, sys, subprocess
print("hello from the plugin")
sys.stdout.write("again\\n"); sys.stdout.flush()
os.write(1, b"straight to the descriptor\\n")
subprocess.run(["echo", "from a child"])
"""
)


def _plugin(text: str, *command: str) -> Play:
    def play(stage: Stage) -> Command:
        file = stage.put("plugin.py", text)
        return run("--plugin", str(file), *command)

    return play


def _damaged(files: dict[str, bytes], *command: str) -> Play:
    """A distribution as an installer left it half-way: in a folder that Python looks into."""

    def play(stage: Stage) -> Command:
        place = stage.folder / "packages" / "jackfield_ghost-1.0.dist-info"
        for name, content in files.items():
            stage.put(str((place / name).relative_to(stage.folder)), content)
        place.mkdir(parents=True, exist_ok=True)
        return run(*command, PYTHONPATH=str(stage.folder / "packages"))

    return play


def _names_it(_: Stage, done: Measured) -> Sequence[str]:
    return [] if "ghost" in done.out + done.err else ["the damaged package is not named"]


def _plugins() -> list[Hostile]:
    listing = ("connectors", "list", "--output", "json")
    entry = b"[jackfield.connectors.v1]\nghost = ghost:connector\n"
    damaged: dict[str, dict[str, bytes]] = {
        "a leftover folder without metadata": {"entry_points.txt": entry},
        "metadata that is empty": {"entry_points.txt": entry, "METADATA": b""},
        "metadata that is not UTF-8": {
            "entry_points.txt": entry,
            "METADATA": b"Metadata-Version: 2.1\nName: jackfield-ghost\xff\nVersion: 1.0\n",
        },
        "entry points that are not UTF-8": {
            "entry_points.txt": entry + b"\xff\xfe",
            "METADATA": b"Metadata-Version: 2.1\nName: jackfield-ghost\nVersion: 1.0\n",
        },
        "entry points that are no entry points": {
            "entry_points.txt": b"[jackfield.connectors.v1\n= = =\n",
            "METADATA": b"Metadata-Version: 2.1\nName: jackfield-ghost\nVersion: 1.0\n",
        },
        "an entry point that leads nowhere": {
            "entry_points.txt": entry,
            "METADATA": b"Metadata-Version: 2.1\nName: jackfield-ghost\nVersion: 1.0\n",
        },
    }
    bad: dict[str, tuple[str, tuple[int, ...]]] = {
        "ends the process while imported": ("import sys; sys.exit(0)", (2, 12)),
        "raises KeyboardInterrupt's neighbour": ("raise GeneratorExit", (2, 12)),
        "recurses without an end": ("def f(): f()\nf()", (2, 12)),
        "is no Python": ("def (", (2,)),
        "holds NUL": ("a = 1\x00", (2,)),
        "is not UTF-8": ("# \udcff".encode("utf-8", "surrogateescape").decode("latin-1"), (0, 2)),
        "closes standard output": ("import os; os.close(1)", (0, 2, 12)),
    }
    made = [
        Hostile(
            "plugins",
            "one that prints while imported",
            "goes to stderr",
            (0,),
            _plugin(_LOUD, *listing),
            look=_only_json,
        ),
    ]
    made += [
        Hostile("plugins", f"a package: {name}", "named as damaged", (0,), _damaged(files, *listing), look=_listed)
        for name, files in damaged.items()
    ]
    made += [
        Hostile(
            "plugins", f"a package: {name}; a sync of another", "the others run", (0,), _damaged(files, "sync", NAME)
        )
        for name, files in damaged.items()
    ]
    made += [
        Hostile("plugins", f"one that {name}", "named with its reason", codes, _plugin(text, "connectors", "list"))
        for name, (text, codes) in bad.items()
    ]
    return made


def _only_json(_: Stage, done: Measured) -> Sequence[str]:
    return json_of(done)


def _listed(stage: Stage, done: Measured) -> Sequence[str]:
    return [*json_of(done), *_names_it(stage, done)]


def cases() -> list[Hostile]:
    """All of them."""
    return _plugins()
