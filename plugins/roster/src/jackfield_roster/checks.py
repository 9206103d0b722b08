"""What a roster can do, and what its folder has: a check that changes nothing."""

import asyncio

from jackfield.errors import CursorExpired, JackfieldError, NotFound, Transient
from jackfield.hookspecs import Clock
from jackfield_contracts import (
    Capability,
    CapabilityStatus,
    CheckReport,
    Diagnostic,
    ResourceType,
    Severity,
    Tenant,
    TraitKind,
)
from jackfield_roster.ages import age_text, exported, old
from jackfield_roster.changes import CREATE
from jackfield_roster.config import Place, RosterConfig, path_of, places
from jackfield_roster.model import NO_WORK_LIST
from jackfield_roster.notes import diagnostic_of
from jackfield_roster.reading import Reader
from jackfield_roster.sources import check_columns
from jackfield_roster.worklist import WorkList

CAPABILITIES = (
    Capability(name="sync", description="read users, groups, roles and memberships", hook="read_page"),
    Capability(name="grant", description="have a person add somebody to a group or role", hook="grant"),
    Capability(name="revoke", description="have a person take somebody out of a group or role", hook="revoke"),
    Capability(
        name="create_account", description="have a person make an account", hook="create_account", arguments=CREATE
    ),
    Capability(name="delete_account", description="have a person delete an account", hook="delete_account"),
)

_BATCH = 100
RESOURCE_TYPES = (
    ResourceType(name="user", display_name="User", trait=TraitKind.USER, batch=_BATCH),
    ResourceType(name="group", display_name="Group", trait=TraitKind.GROUP, batch=_BATCH),
    ResourceType(name="role", display_name="Role", trait=TraitKind.ROLE, batch=_BATCH),
    ResourceType(name="app", display_name="Application", trait=TraitKind.APP),
)


async def check(reader: Reader, config: RosterConfig, clock: Clock) -> CheckReport:
    """Look for each file and at its columns: which is there, how old it is, which is missing.

    Raises BadConfig for a mapping that does not fit, and Transient while a file is being written.
    """
    notes: list[Diagnostic] = []
    missing: list[str] = []
    for place in places(config):
        try:
            notes += await _looked_at(reader, config, place, clock)
        except NotFound as error:
            missing.append(place.label)
            notes.append(
                Diagnostic(
                    code="missing_export",
                    severity=Severity.ERROR,
                    summary=f"{place.label}: {error.summary}",
                    hint=error.hint,
                )
            )
    changing, why_not = await _work_list(config, notes)
    return CheckReport(
        tenant=tenant(config),
        authorized_by="whoever may write to the folder of the exports",
        capabilities=(
            CapabilityStatus(
                capability="sync",
                available="users" not in missing,
                reason=f"no export for {', '.join(missing)}" if missing else None,
            ),
            *(
                CapabilityStatus(capability=each.name, available=changing, reason=why_not)
                for each in CAPABILITIES
                if each.hook != "read_page"
            ),
        ),
        diagnostics=tuple(notes),
    )


def tenant(config: RosterConfig) -> Tenant:
    """The application that the files are said to be from: no file names it, so that the configuration does."""
    return Tenant(id=config.application, name=config.application_name)


async def _looked_at(reader: Reader, config: RosterConfig, place: Place, clock: Clock) -> list[Diagnostic]:
    export = await reader.find(place.mapping)
    try:
        check_columns(place, export, await reader.chunk(export, place, None, 1000))
    except CursorExpired as error:
        raise Transient(error.summary) from error
    found = Diagnostic(
        code="export",
        severity=Severity.INFO,
        summary=f"{place.label}: {export.name}, {export.size:,} bytes, of {exported(export):%Y-%m-%d %H:%M} UTC,"
        f" {age_text(export, clock)}",
    )
    warning = old(place, export, config, clock)
    remarks = [diagnostic_of(remark, export) for remark in await reader.remarks(export, place)]
    return [found, *remarks, *((warning,) if warning is not None else ())]


async def _work_list(config: RosterConfig, notes: list[Diagnostic]) -> tuple[bool, str | None]:
    """Whether changes can be written down, and why not."""
    if config.work_list is None:
        return False, NO_WORK_LIST
    file = path_of(config.work_list)
    if not await asyncio.to_thread(file.parent.is_dir):
        return False, f"the folder of the work list is not there: {file.parent}"
    try:
        lines = await asyncio.to_thread(WorkList(file).open_things)
    except JackfieldError as error:
        return False, error.summary
    notes.append(
        Diagnostic(code="work_list", severity=Severity.INFO, summary=f"work list: {file}, {len(lines):,} open lines")
    )
    return True, None
