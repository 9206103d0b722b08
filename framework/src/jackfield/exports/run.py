"""One export from the exporter that is asked for to the files that it leaves.

Promises that what is wrong with an exporter is told by its name and distribution, and leaves no file.
"""

import sqlite3
from collections.abc import Callable, Iterable
from importlib.util import find_spec
from pathlib import Path
from typing import BinaryIO

import msgspec

from jackfield.config.load import did_you_mean
from jackfield.errors import BadConfig, JackfieldError, PluginBug
from jackfield.exports.opened import OpenExport
from jackfield.exports.target import open_targets
from jackfield.hookspecs import ExporterType, ImporterType
from jackfield.host.discovery import Found


class Written(msgspec.Struct, frozen=True, kw_only=True):
    """What an export has left: how many rows, the names of the files beside the target, and what the exporter warns of."""

    rows: int
    others: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()


def options_of(exporter: ExporterType | ImporterType, given: Iterable[str]) -> dict[str, str]:
    """The options of *exporter*, those *given* as NAME=VALUE in place of their defaults; raises BadConfig."""
    found = {each.name: each.default for each in exporter.options}
    for text in given:
        name, equals, value = text.partition("=")
        if not equals:
            raise BadConfig(f"{text!r} is no option: write NAME=VALUE", path="--option")
        if name not in found:
            known = ", ".join(found) or "none"
            raise BadConfig(
                f"the format {exporter.name} has no option {name!r}",
                path="--option",
                hint=did_you_mean(name, found) or f"Its options: {known}.",
            )
        found[name] = value
    return found


def missing_packages(plugin: ExporterType | ImporterType) -> list[str]:
    """What is to be installed before *plugin* can write or read."""
    return [package for module, package in plugin.needs.items() if find_spec(module) is None]


def demand_packages(plugin: ExporterType | ImporterType) -> None:
    """Raise BadConfig where a package is missing that the format needs."""
    for package in missing_packages(plugin):
        raise BadConfig(
            f"the format {plugin.name} needs the package {package}, which is not installed",
            path="--format",
            hint=f"Install it: pip install '{package}'.",
        )


def demand_usable(found: Found[ExporterType], to: str) -> None:
    """Raise BadConfig where the format can't be written here: a package is missing, or it can't go to *to*."""
    exporter = found.type
    demand_packages(exporter)
    if exporter.needs_file and to == "-":
        raise BadConfig(
            f"the format {exporter.name} can't go to standard output", path="--to", hint="Name a file to write."
        )


def write_export(
    found: Found[ExporterType],
    export: Callable[[Callable[[str], BinaryIO | None]], OpenExport],
    to: str,
    *,
    demand: Callable[[Path], None],
    damage: Callable[[Exception], JackfieldError | None],
) -> Written:
    """Write what *export* opens to *to*; raises PluginBug where the exporter fails with an error of its own.

    *damage* tells what to raise instead where an error comes of a damaged snapshot.
    """
    exporter = found.type
    with open_targets(to, demand) as target:
        if exporter.needs_file and not target.is_file:
            raise BadConfig(f"the format {exporter.name} can only go to a regular file", path="--to")
        try:
            opened = export(target.beside)
            rows = exporter.write(opened, target.stream)
        except (JackfieldError, OSError, sqlite3.Error):
            raise
        except Exception as error:
            if (told := damage(error)) is not None:
                raise told from error
            raise PluginBug(
                f"the exporter {exporter.name!r} ({found.distribution} {found.version}) failed:"
                f" {type(error).__name__}: {error}",
                hint="Nothing was written. Report it to whoever wrote the exporter.",
            ) from error
        return Written(rows=rows, others=tuple(target.others), warnings=tuple(opened.warnings))
