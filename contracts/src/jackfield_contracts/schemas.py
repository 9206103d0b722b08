"""Writes one JSON Schema for each contract, or compares two sets of them.

``python -m jackfield_contracts.schemas [--check] FOLDER``, or ``--compare OLD NEW``: two folders, 1 if a difference would
break programs written for the old one. Not imported by the package itself. The same contracts always give the same bytes.
"""

import argparse
import inspect
import json
import re
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec

import jackfield_contracts
from jackfield_contracts.schema_changes import Effect, differences

_DIALECT = "https://json-schema.org/draft/2020-12/schema"


def contracts() -> dict[str, type[msgspec.Struct]]:
    """Every public contract by the name of its schema (``user-trait`` for UserTrait), in alphabetical order."""
    public = (getattr(jackfield_contracts, name) for name in jackfield_contracts.__all__)
    structs = [each for each in public if isinstance(each, type) and issubclass(each, msgspec.Struct)]
    return dict(sorted((_dashed(struct.__name__), struct) for struct in structs))


def documents() -> dict[str, str]:
    """The schemas as text, by file name."""
    return {f"{name}.json": _document(name, struct) for name, struct in contracts().items()}


def drift(folder: Path) -> list[str]:
    """What in *folder* is not as generated, one sentence each; nothing is written."""
    wanted = documents()
    there = {file.name: file.read_text(encoding="utf-8") for file in folder.glob("*.json")}
    said = [f"{name} is missing" for name in wanted if name not in there]
    said += [f"{name} differs" for name in wanted if name in there and there[name] != wanted[name]]
    return sorted(said + [f"{name} belongs to no contract" for name in there if name not in wanted])


def write(folder: Path) -> None:
    """Write every schema into *folder*; files that belong to no contract are left for a person to delete."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in documents().items():
        (folder / name).write_text(text, encoding="utf-8", newline="\n")


def read(folder: Path) -> dict[str, dict[str, Any]]:
    """The schemas in *folder* by name; raises ValueError for one that is none, and for a folder without any."""
    found = {file.stem: json.loads(file.read_bytes()) for file in sorted(folder.glob("*.json"))}
    if not found or not all(isinstance(each, dict) for each in found.values()):
        raise ValueError(f"{folder}: no schemas, or files that are none")
    return found


def main(arguments: Sequence[str] | None = None) -> int:
    """Write, check or compare; 1 if something is not as generated or would break programs, 2 for wrong usage."""
    parser = argparse.ArgumentParser(
        prog="python -m jackfield_contracts.schemas", description=(__doc__ or "").partition("\n")[0]
    )
    parser.add_argument("--check", action="store_true", help="write nothing, fail if a schema is not as generated")
    parser.add_argument(
        "--compare", nargs=2, type=Path, metavar=("OLD", "NEW"), help="tell what NEW adds and breaks; write nothing"
    )
    parser.add_argument("folder", type=Path, nargs="?")
    given = parser.parse_args(arguments)
    if (given.compare is None) == (given.folder is None):
        parser.error("give either FOLDER or --compare OLD NEW")
    if given.compare is not None:
        return _compare(*given.compare)
    if not given.check:
        write(given.folder)
    problems = drift(given.folder)
    for problem in problems:
        sys.stderr.write(f"{given.folder}: {problem}\n")
    if problems and given.check:
        sys.stderr.write(f"Run python -m jackfield_contracts.schemas {given.folder}\n")
    return 1 if problems else 0


def _compare(old: Path, new: Path) -> int:
    try:
        found = differences(read(old), read(new))
    except ValueError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    for each in found:
        sys.stdout.write(f"{each}\n")
    return 1 if any(each.effect is Effect.BREAKING for each in found) else 0


def _document(name: str, struct: type[msgspec.Struct]) -> str:
    schema: dict[str, Any] = {"$schema": _DIALECT, "$id": f"urn:jackfield:contracts:1:{name}"}
    schema |= msgspec.json.schema(struct)
    for definition in schema["$defs"].values():
        # Python 3.13 takes the indentation out of docstrings, earlier ones don't.
        definition["description"] = inspect.cleandoc(definition.get("description", ""))
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"


def _dashed(name: str) -> str:
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "-", name).lower()


if __name__ == "__main__":
    sys.exit(main())
