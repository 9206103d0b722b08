"""The files of a new package as text, by their paths in it."""

import string
from collections.abc import Iterator
from importlib.metadata import version
from importlib.resources import files
from importlib.resources.abc import Traversable

import msgspec

from jackfield.errors import BadConfig
from jackfield.hookspecs import CONNECTORS_GROUP, NAME

_SUFFIX = ".tmpl"
_PACKAGE = "package"
_DOT = "dot."
_TAKEN = ("contracts",)
"""Names whose package would be one of Jackfield's own."""


class Names(msgspec.Struct, frozen=True, kw_only=True):
    """What a connector is called: ``acme-crm`` in configuration, ``jackfield_acme_crm`` in Python, and so on."""

    name: str
    module: str
    distribution: str
    display: str


class _Template(string.Template):
    delimiter = "@@"  # a single @ or $ is common in Python, shells and workflows


def names_of(name: str) -> Names:
    """The names that follow from *name*; raises BadConfig for one that a connector can't have."""
    if not NAME.fullmatch(name) or name.endswith("-") or "--" in name:
        raise BadConfig(
            f"{name!r} can't be the name of a connector",
            path="NAME",
            hint="Use 2 to 40 small letters, digits and single hyphens, a letter first: the application's name, "
            "such as acme or acme-crm.",
        )
    if name in _TAKEN:
        raise BadConfig(
            f"the package jackfield-{name} is one of Jackfield's own", path="NAME", hint="Use another name."
        )
    return Names(
        name=name,
        module=f"jackfield_{name.replace('-', '_')}",
        distribution=f"jackfield-{name}",
        display=" ".join(word.capitalize() for word in name.split("-")),
    )


def rendered(names: Names) -> dict[str, str]:
    """The text of each file by its path, in the order of the paths; made anew each time, and always the same."""
    values = {
        **msgspec.structs.asdict(names),
        "group": CONNECTORS_GROUP,
        "jackfield": version("jackfield"),
        "contracts": version("jackfield-contracts"),
    }
    made = {
        "/".join(_named(part, names) for part in path): _Template(text).substitute(values)
        for path, text in _templates(files("jackfield.scaffold") / "template", ())
    }
    return dict(sorted(made.items()))


def _templates(folder: Traversable, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], str]]:
    for each in folder.iterdir():
        if each.is_dir():
            yield from _templates(each, (*path, each.name))
        elif each.name.endswith(_SUFFIX):
            yield (*path, each.name.removesuffix(_SUFFIX)), each.read_text(encoding="utf-8")


def _named(part: str, names: Names) -> str:
    if part == _PACKAGE:
        return names.module
    # Files that begin with a dot are passed over by build tools and listings; as templates they are seen.
    return "." + part.removeprefix(_DOT) if part.startswith(_DOT) else part
