"""What a distribution must be before it is given away: its wheel and its sdist, laid against its folder of the workspace.

Promises a sentence for each fault, and none where there is none. Reads the files alone: nothing is installed or imported.
"""

import re
import tarfile
import tomllib
from collections.abc import Iterable, Mapping
from importlib.metadata import EntryPoint, PathDistribution
from pathlib import Path
from typing import Any
from zipfile import Path as InZip
from zipfile import ZipFile

from markdown_it import MarkdownIt
from packaging.metadata import Metadata
from packaging.requirements import Requirement
from trove_classifiers import classifiers, deprecated_classifiers

from harness.clean import ROOT

_LINK = re.compile(r'<a href="(?!https?:)([^"]*)"')
_OWN = re.compile("jackfield(-|$)")
_NEVER = re.compile(r"(^|/)(tests?/.*\.py|test_[^/]*\.py|conftest\.py|__pycache__/.*|[^/]*\.py[co])$")
"""Tests and caches; the templates of a new package, which has tests, are no modules."""

_CLASSES = ("Development Status :: ", "Programming Language :: Python :: 3", "Typing :: Typed")
_BESIDE_SOURCE = {"pyproject.toml", "PKG-INFO", "README.md", "LICENSE", "CHANGELOG.md", ".gitignore"}
"""What an sdist has beside the source; the last is of the build backend's own making."""


def all_distributions() -> list[str]:
    """The folders of all distributions of the workspace, those first that others need."""
    workspace = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["uv"]["workspace"]
    found = [file.parent for each in workspace["members"] for file in sorted(ROOT.glob(f"{each}/pyproject.toml"))]
    return [str(folder.relative_to(ROOT)) for folder in dict.fromkeys(found)]


def stem_of(distribution: str) -> str:
    """How the names of the files of *distribution* begin: its name and version."""
    project = _project(distribution)
    return f"{project['name'].replace('-', '_')}-{project['version']}"


def wheel_faults(wheel: Path, distribution: str) -> list[str]:
    """What is wrong with *wheel*, made of the folder *distribution*."""
    information = f"{stem_of(distribution)}.dist-info"
    parts = PathDistribution(InZip(wheel, f"{information}/"))
    with ZipFile(wheel) as archive:
        files = {name for name in archive.namelist() if not name.endswith("/")}
    source = {name.removeprefix("src/") for name in _source(distribution)}
    expected = {f"{information}/{name}" for name in ("METADATA", "WHEEL", "RECORD", "licenses/LICENSE")}
    expected |= {f"{information}/entry_points.txt"} if _entry_points(distribution) else set()
    faults = _content_faults(files, source | expected)
    faults += [f"has no {each}/py.typed" for each in _packages(source) if f"{each}/py.typed" not in files]
    if parts.read_text("licenses/LICENSE") != (ROOT / "LICENSE").read_text(encoding="utf-8"):
        faults.append("has not the text of the licence that the repository has")
    faults += _entry_point_faults(parts.entry_points, distribution, files)
    return faults + _metadata_faults(parts.read_text("METADATA") or "", distribution)


def sdist_faults(sdist: Path, distribution: str) -> list[str]:
    """What is wrong with *sdist*, made of the folder *distribution*."""
    root = f"{stem_of(distribution)}/"
    with tarfile.open(sdist) as archive:
        files = {each.name.removeprefix(root): each for each in archive if not each.isdir()}
        told = archive.extractfile(files["PKG-INFO"]) if "PKG-INFO" in files else None
        metadata = told.read().decode() if told else ""
    faults = [f"has {name}, which is no plain file" for name, each in files.items() if not each.isfile()]
    return (
        faults
        + _content_faults(files, _source(distribution) | _BESIDE_SOURCE)
        + _metadata_faults(metadata, distribution)
    )


def _content_faults(files: Iterable[str], expected: set[str]) -> list[str]:
    found = set(files)
    return [
        *(f"lacks {name}" for name in sorted(expected - found)),
        *(f"has {name}, which belongs to no source" for name in sorted(found - expected)),
        *(f"has {name}, which is a test or a cache" for name in sorted(found) if _NEVER.search(name)),
    ]


def _entry_point_faults(found: Iterable[EntryPoint], distribution: str, files: set[str]) -> list[str]:
    told = {(each.group, each.name): each.value for each in found}
    faults = [
        f"has the entry point {group}: {name} = {told.get((group, name))}, not {expected.get((group, name))}"
        for expected in (_entry_points(distribution),)
        for group, name in sorted(told.keys() | expected.keys())
        if told.get((group, name)) != expected.get((group, name))
    ]
    for value in told.values():
        module = value.partition(":")[0].replace(".", "/")
        if not {f"{module}.py", f"{module}/__init__.py"} & files:
            faults.append(f"has an entry point that leads nowhere: {value}")
    return faults


def _metadata_faults(text: str, distribution: str) -> list[str]:
    try:
        metadata = Metadata.from_email(text, validate=True)
    except ExceptionGroup as error:
        return [f"has metadata that is not valid: {each}" for each in error.exceptions]
    project, faults = _project(distribution), list[str]()
    told = {"name": metadata.name, "version": str(metadata.version), "description": metadata.summary}
    told |= {"license": metadata.license_expression, "requires-python": str(metadata.requires_python)}
    faults += [f"says {key} {value!r}, not {project[key]!r}" for key, value in told.items() if value != project[key]]
    return [
        *faults,
        *_readme_faults(metadata, distribution),
        *_classifier_faults(metadata.classifiers or ()),
        *(fault for each in metadata.requires_dist or () for fault in _bound_faults(each)),
    ]


def _readme_faults(metadata: Metadata, distribution: str) -> list[str]:
    told, readme = metadata.description or "", ROOT / distribution / "README.md"
    if not readme.is_file() or told != readme.read_text(encoding="utf-8"):
        return ["has not its README.md as description"]
    if not (metadata.description_content_type or "").startswith("text/markdown"):
        return ["does not say that its description is Markdown"]
    title = f"<h1>{metadata.name}</h1>"
    shown = MarkdownIt("commonmark").render(told)
    return [
        *([] if shown.startswith(title) else [f"has a README that does not begin with {title}"]),
        *(f"has a README with a link that an index can't follow: {each}" for each in relative_links(told)),
    ]


def relative_links(text: str) -> list[str]:
    """Where the links of a Markdown *text* lead that stay within its repository."""
    return _LINK.findall(MarkdownIt("commonmark").render(text))


def _classifier_faults(given: Iterable[str]) -> list[str]:
    known = set(given)
    return [
        *(f"has the unknown classifier {each}" for each in sorted(known - classifiers)),
        *(f"has the outdated classifier {each}" for each in sorted(known & deprecated_classifiers.keys())),
        *(f"has no classifier {each}" for each in _CLASSES if not any(one.startswith(each) for one in known)),
    ]


def _bound_faults(needed: Requirement) -> list[str]:
    """Each needed package has a least version; our own also have one that they end before, and are what is built."""
    operators = {each.operator for each in needed.specifier}
    faults = [] if operators & {">=", "==", "~="} else [f"needs {needed} without a least version"]
    if _OWN.match(needed.name):
        if not operators & {"<", "==", "~="}:
            faults.append(f"needs {needed} without an upper bound")
        built = {_project(each)["name"]: _project(each)["version"] for each in all_distributions()}
        if not needed.specifier.contains(built.get(needed.name, "0")):
            faults.append(f"needs {needed}, and {needed.name} is {built.get(needed.name)}")
    return faults


def _project(distribution: str) -> dict[str, Any]:
    return tomllib.loads((ROOT / distribution / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def _entry_points(distribution: str) -> Mapping[tuple[str, str], str]:
    project = _project(distribution)
    groups: dict[str, dict[str, str]] = {**project.get("entry-points", {})}
    if "scripts" in project:
        groups["console_scripts"] = project["scripts"]
    return {(group, name): value for group, each in groups.items() for name, value in each.items()}


def _source(distribution: str) -> set[str]:
    """The files of the source, by their paths in the folder of *distribution*."""
    folder = ROOT / distribution
    return {
        file.relative_to(folder).as_posix()
        for file in (folder / "src").rglob("*")
        if file.is_file() and "__pycache__" not in file.parts
    }


def _packages(source: set[str]) -> list[str]:
    return sorted({name.split("/")[0] for name in source})
