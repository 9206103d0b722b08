"""The configuration of a roster: which file has what, and which column is which field."""

import codecs
import os
from collections.abc import Iterator
from pathlib import Path, PurePath
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from jackfield.errors import BadConfig
from jackfield.hookspecs import ConnectorConfig
from jackfield_contracts import AccountStatus
from jackfield_roster.bounds import Bounds

Column = Annotated[str, Meta(min_length=1)]
Letter = Annotated[str, Meta(min_length=1, max_length=1)]
Positive = Annotated[float, Meta(gt=0)]
Kind = Literal["user", "group"]


class FileMapping(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The keys that every mapped file has."""

    file: Annotated[
        str,
        Meta(
            min_length=1,
            description="Name of the file below the folder, or a pattern such as `users-*.csv`: the newest that fits is"
            " read. A workbook (XLSX) is known by its content, JSON lines by the ending .jsonl; all else is CSV.",
        ),
    ]
    sheet: Annotated[
        str | None,
        Meta(description="Sheet of a workbook (XLSX); without it, the first with a table that is not hidden."),
    ] = None
    encoding: Annotated[
        str | None,
        Meta(
            description="Encoding of a CSV file, such as cp1250. Without it: that of its byte order mark; else UTF-8; else,"
            " where no letter is UTF-8, cp1252, which it says."
        ),
    ] = None
    delimiter: Annotated[
        Letter | None,
        Meta(
            description="What separates the cells of a CSV file; without it, the comma, semicolon, tab or bar that"
            " divides the heading."
        ),
    ] = None
    skip_lines: Annotated[
        int,
        Meta(
            ge=0,
            le=1000,
            description="Lines above the row with the names of the columns. One such as `sep=;` needs no mention.",
        ),
    ] = 0
    ignore_rows: Annotated[
        tuple[str, ...],
        Meta(
            description="Patterns such as `Total*`: a row whose first cell that is not empty fits one of them is passed"
            " over."
        ),
    ] = ()
    last_line_end: Annotated[
        bool,
        Meta(
            description="Whether the last line of a CSV file ends as the others do. One that does not is taken for cut off;"
            " false for an application that writes none there."
        ),
    ] = True
    exact_ids: Annotated[
        bool,
        Meta(
            description="Whether ids are taken as they stand, also such as a spreadsheet program makes of others: 1E+11,"
            " 1001.0, dates, numbers of more than 15 digits, lines of totals, and ids with invisible characters."
        ),
    ] = False
    split: Annotated[str, Meta(min_length=1, description="What separates the entries of a list within one cell.")] = ";"


class Users(FileMapping, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The file of accounts."""

    id: Annotated[Column, Meta(description="Column of the id, by which other files name the user.")]
    login: Annotated[Column | None, Meta(description="Column of the login.")] = None
    email: Annotated[Column | None, Meta(description="Column of the e-mail address.")] = None
    name: Annotated[Column | None, Meta(description="Column of the whole name.")] = None
    given_name: Annotated[Column | None, Meta(description="Column of the given name.")] = None
    surname: Annotated[Column | None, Meta(description="Column of the surname.")] = None
    status: Annotated[Column | None, Meta(description="Column of the word for the account's status.")] = None
    statuses: Annotated[
        dict[str, AccountStatus],
        Meta(
            description="What each word means: enabled, disabled, pending, deleted or unknown. Large and small letters are"
            " alike. Without it, these five words themselves are expected."
        ),
    ] = {}
    strict: Annotated[
        bool,
        Meta(description="Whether a row with another word is broken; else its status is unknown."),
    ] = True
    everybody: Annotated[
        AccountStatus, Meta(description="The status of everybody where the file has no column for it.")
    ] = AccountStatus.ENABLED
    groups: Annotated[Column | None, Meta(description="Column with a list of ids of groups that the user is in.")] = (
        None
    )
    roles: Annotated[Column | None, Meta(description="Column with a list of ids of roles that the user has.")] = None
    profile: Annotated[
        dict[str, Column], Meta(description="Further facts to keep of each user, by name: their columns.")
    ] = {}


class Groups(FileMapping, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The file of groups."""

    id: Annotated[Column, Meta(description="Column of the id, by which other files name the group.")]
    name: Annotated[Column | None, Meta(description="Column of the name.")] = None
    description: Annotated[Column | None, Meta(description="Column of a description.")] = None
    members: Annotated[Column | None, Meta(description="Column with a list of ids of users in the group.")] = None
    member_groups: Annotated[
        Column | None, Meta(description="Column with a list of ids of groups in the group: their members inherit.")
    ] = None
    parents: Annotated[
        Column | None, Meta(description="Column with a list of ids of groups that this group is in.")
    ] = None
    roles: Annotated[Column | None, Meta(description="Column with a list of ids of roles that the group has.")] = None


class Roles(FileMapping, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The file of roles."""

    id: Annotated[Column, Meta(description="Column of the id, by which other files name the role.")]
    name: Annotated[Column | None, Meta(description="Column of the name.")] = None
    description: Annotated[Column | None, Meta(description="Column of a description.")] = None
    members: Annotated[Column | None, Meta(description="Column with a list of ids of users who have the role.")] = None
    member_groups: Annotated[
        Column | None, Meta(description="Column with a list of ids of groups that have the role.")
    ] = None


class Memberships(FileMapping, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A file with a row for each membership."""

    of: Annotated[Literal["group", "role"], Meta(description="Whether the rows are about groups or about roles.")]
    to: Annotated[Column, Meta(description="Column of the id of the group or role.")]
    member: Annotated[Column, Meta(description="Column of the id of the member; a list of them, if it has several.")]
    member_type: Annotated[
        Column | None, Meta(description="Column that says whether the member is a user or a group.")
    ] = None
    member_types: Annotated[
        dict[str, Kind],
        Meta(description="What each word of that column means: user or group. Without it, these two words."),
    ] = {}
    members: Annotated[Kind, Meta(description="What all members are where no column says it.")] = "user"


class RosterConfig(ConnectorConfig, frozen=True, kw_only=True):
    """The keys of a connection with ``connector = "roster"``."""

    application: Annotated[
        str,
        Meta(
            min_length=1,
            description="Id of the application that the files are from. Snapshots of one id are never mixed with those of"
            " another.",
        ),
    ]
    application_name: Annotated[str | None, Meta(description="Its name for people.")] = None
    folder: Annotated[str, Meta(min_length=1, description="Folder in which the exports lie.")]
    users: Annotated[Users, Meta(description="The file of accounts.")]
    groups: Annotated[
        Groups | None, Meta(description="The file of groups; without it, groups are those that memberships name.")
    ] = None
    roles: Annotated[
        Roles | None, Meta(description="The file of roles; without it, roles are those that memberships name.")
    ] = None
    memberships: Annotated[tuple[Memberships, ...], Meta(description="Files with a row for each membership.")] = ()
    privileged: Annotated[tuple[str, ...], Meta(description="Ids of groups and roles that give privileges.")] = ()
    max_age_hours: Annotated[
        Positive | None, Meta(description="Age of an export in hours from which on it is told to be old.")
    ] = None
    quiet_seconds: Annotated[
        float,
        Meta(ge=0, le=600, description="A file that was written to less than so long ago is waited for, not read."),
    ] = 2.0
    bounds: Annotated[Bounds, Meta(description="Bounds on the exports.")] = Bounds()
    work_list: Annotated[
        str | None,
        Meta(
            description="File (.csv or .jsonl) to which changes are written for a person to make. Without it, nothing can be"
            " changed."
        ),
    ] = None


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """A mapped file, under the name that the configuration has for it, such as ``memberships[0]``."""

    label: str
    mapping: FileMapping


def places(config: RosterConfig) -> Iterator[Place]:
    """Every mapped file, in the order of the configuration."""
    yield Place(label="users", mapping=config.users)
    if config.groups is not None:
        yield Place(label="groups", mapping=config.groups)
    if config.roles is not None:
        yield Place(label="roles", mapping=config.roles)
    for number, each in enumerate(config.memberships):
        yield Place(label=f"memberships[{number}]", mapping=each)


def columns_of(mapping: FileMapping) -> Iterator[tuple[str, str]]:
    """The keys that name a column, with the column."""
    own = {field.name for field in msgspec.structs.fields(FileMapping)} | {"of"}
    for field in msgspec.structs.fields(mapping):
        value = getattr(mapping, field.name)
        if field.name in own or (isinstance(mapping, Memberships) and field.name == "members"):
            continue
        if field.name == "profile":
            yield from ((f"profile.{name}", column) for name, column in value.items())
        elif type(value) is str:
            yield field.name, value


def path_of(text: str) -> Path:
    """A folder or file of the configuration, with ``~`` for the home folder."""
    return Path(os.path.expanduser(text))  # noqa: PTH111 - it leaves a home folder that is not known as it is


def check_config(config: RosterConfig) -> None:
    """Raise BadConfig, with its path, for what no type can rule out. Opens no file."""
    for place in places(config):
        _check_mapping(place.label, place.mapping)
    if config.work_list is not None and Path(config.work_list).suffix.lower() not in (".csv", ".jsonl"):
        raise BadConfig("the work list must be a .csv or a .jsonl file", path="work_list")
    for key, values in (("statuses", config.users.statuses),):
        if len({word.strip().casefold() for word in values}) < len(values):
            raise BadConfig("two words differ only in large and small letters", path=f"users.{key}")


def _check_mapping(label: str, mapping: FileMapping) -> None:
    name = PurePath(mapping.file)
    if name.is_absolute() or ".." in name.parts:
        raise BadConfig("the file must lie below the folder", path=f"{label}.file")
    if name.suffix.lower() == ".xls":
        raise BadConfig("the old .xls format can't be read", path=f"{label}.file", hint="Export it as .xlsx or .csv.")
    if mapping.encoding is not None and not _is_encoding(mapping.encoding):
        raise BadConfig(f"there is no encoding {mapping.encoding!r}", path=f"{label}.encoding")
    if mapping.delimiter is not None and mapping.delimiter in '"\r\n':
        raise BadConfig("this can't separate cells", path=f"{label}.delimiter")


def _is_encoding(name: str) -> bool:
    try:
        "a".encode(name)
        codecs.getincrementaldecoder(name)
    except (LookupError, UnicodeError):
        return False
    return True
