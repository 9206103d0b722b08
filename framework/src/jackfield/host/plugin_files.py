"""Plugins out of single files, without packaging.

Promises that what is wrong with such a file is a BadConfig that names the file and the line. Hides how Python imports a file.
"""

import ast
import hashlib
import sys
import traceback
from importlib.machinery import SourceFileLoader
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import CodeType, ModuleType

import msgspec

from jackfield.errors import BadConfig
from jackfield.files import read_foreign
from jackfield.hookspecs import ConnectorType, ExporterType, ImporterType, PolicyType, ServiceType
from jackfield.host.deprecation import Use, collected

_MOST_BYTES = 4_194_304

Plugin = ConnectorType | PolicyType | ExporterType | ImporterType | ServiceType
"""What a plugin announces."""


class PluginFile(msgspec.Struct, frozen=True, kw_only=True):
    """One file that was imported: the plugins in it by the names that they have there, and a version made of its content."""

    path: Path
    version: str
    plugins: dict[str, Plugin]
    uses: tuple[Use, ...] = ()

    def line_of(self, name: str) -> int | None:
        """The line that gives *name* its value, None if that can't be told."""
        for statement in ast.parse(self.path.read_bytes()).body:
            if name in _bound(statement):
                return statement.lineno
        return None


def load_plugin_file(given: Path) -> PluginFile:
    """Import the file at *given* and find the plugins in it; raises BadConfig. What it does when imported is its own.

    It is imported alone: its folder is not put on Python's path, and no compiled copy is kept beside it.
    """
    path = given.expanduser().absolute()
    hint = "--plugin takes the path of a Python file."
    try:
        content = read_foreign(path, what="the plugin file", most=_MOST_BYTES, path=str(path), hint=hint)
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise BadConfig(f"the plugin file can't be read: {reason}", path=str(path), hint=hint) from error
    module, uses = _imported(path)
    plugins = dict[str, Plugin]()
    for name, value in vars(module).items():
        # Under several names one plugin is still one.
        known = any(value is each for each in plugins.values())
        if isinstance(value, Plugin) and not name.startswith("_") and not known:
            plugins[name] = value
    if not plugins:
        raise BadConfig(
            "the plugin file announces nothing",
            path=str(path),
            hint="Assign a ConnectorType (or a PolicyType, an ExporterType, an ImporterType, a ServiceType) to a name of the"
            " module, such as `connector = ConnectorType(…)`; names with a leading underscore are passed over.",
        )
    version = f"unpackaged+{hashlib.sha256(content).hexdigest()[:12]}"
    return PluginFile(path=path, version=version, plugins=plugins, uses=tuple(uses))


def wrong_plugin(file: PluginFile, name: str, reason: str) -> BadConfig:
    """The error that the plugin called *name* in *file* can't be used, and why."""
    return BadConfig(
        f"the plugin file can't be used: of {name!r}, {reason}",
        path=_place(file.path, file.line_of(name)),
        hint="Mend that line, then run it again.",
    )


class _Source(SourceFileLoader):
    """Compiles the file each time: a compiled copy is found by time and size, and misses an edit within a second."""

    def get_code(self, fullname: str) -> CodeType:
        path = self.get_filename(fullname)
        return self.source_to_code(self.get_data(path), path)


def _imported(path: Path) -> tuple[ModuleType, list[Use]]:
    # msgspec looks up annotations by the module's name, so it must be registered, under one that nothing else has.
    name = f"_jackfield_plugin_{hashlib.sha256(bytes(path)).hexdigest()[:12]}"
    spec = spec_from_file_location(name, path, loader=_Source(name, str(path)))
    if spec is None or spec.loader is None:
        raise BadConfig("the plugin file can't be imported", path=str(path))
    module = sys.modules[name] = module_from_spec(spec)
    try:
        with collected() as uses:
            spec.loader.exec_module(module)
    except KeyboardInterrupt:
        raise
    except BaseException as error:
        sys.modules.pop(name, None)
        raise BadConfig(
            f"the plugin file fails to import: {_text(error)}",
            path=_place(path, _line(error, path)),
            hint=_remedy(error, path),
        ) from error
    return module, uses


def _text(error: BaseException) -> str:
    try:
        text = error.msg if isinstance(error, SyntaxError) else str(error)
    except Exception:  # noqa: BLE001 - an exception of the file's own, which may do anything when asked
        text = ""
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


def _line(error: BaseException, path: Path) -> int | None:
    """The last line of the file at *path* that led to *error*."""
    if isinstance(error, SyntaxError) and error.filename == str(path):
        return error.lineno
    lines = [row.lineno for row in traceback.extract_tb(error.__traceback__) if row.filename == str(path)]
    return lines[-1] if lines else None


def _remedy(error: BaseException, path: Path) -> str:
    if isinstance(error, ModuleNotFoundError) and error.name is not None:
        wanted = error.name.partition(".")[0]
        if (path.parent / f"{wanted}.py").is_file() or (path.parent / wanted).is_dir():
            return (
                f"A plugin file is imported alone, and {wanted!r} lies beside it: set PYTHONPATH={path.parent}, "
                "or make a package of both (`jackfield new NAME`)."
            )
        return f"Install {wanted!r} into the environment of jackfield, or import it where it is used."
    return "Mend that line, then run it again; `--log-level debug` shows the whole trace."


def _place(path: Path, line: int | None) -> str:
    return str(path) if line is None else f"{path}, line {line}"


def _bound(statement: ast.stmt) -> set[str]:
    """The names that a statement at the top of a module binds."""
    if isinstance(statement, ast.Import | ast.ImportFrom):
        return {each.asname or each.name for each in statement.names}
    return {each.id for each in ast.walk(statement) if isinstance(each, ast.Name) and isinstance(each.ctx, ast.Store)}
