"""Findings on labelled random teams: all that is to be found is found, and nothing else."""

import tempfile
from collections.abc import Mapping
from pathlib import Path

import msgspec
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from snapshot_files import build_snapshot

from jackfield.config import FindingKind, FindingsSettings
from jackfield.findings import KINDS, Known, Report, find
from jackfield.snapshots.reader import read_snapshot
from jackfield_contracts import (
    AccountStatus,
    Entitlement,
    Grant,
    Item,
    Purpose,
    Resource,
    ResourceId,
    UserTrait,
    Verdict,
)

from .labelled import Label, Team, labels, rows, sign_ins, teams

_MANY = settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def found_in(
    team: Team, items: list[Item], *, seals: Mapping[str, Verdict] = {}, old: list[Item] | None = None
) -> Report:
    with tempfile.TemporaryDirectory(prefix="findings-") as folder:
        file = build_snapshot(Path(folder) / "one.sqlite", items, seals=seals, carried_rows=old or ())
        with read_snapshot(file) as snapshot:
            return find(Known(snapshot, FindingsSettings(), sign_ins=sign_ins(team)))


def scopes_of(items: list[Item]) -> list[str]:
    """The scopes that a sync would have, those without rows as well."""
    return sorted({item.scope for item in items} | {f"{item.id}/*" for item in items if isinstance(item, Resource)})


def told(report: Report) -> set[Label]:
    joined = FindingKind.DUPLICATE_PEOPLE
    return {
        (
            one.kind,
            frozenset(str(each.id) for each in ((one.subject, *one.others) if one.kind is joined else (one.subject,))),
        )
        for one in report.findings
    }


def unsure(report: Report) -> set[Label]:
    return {(one.kind, frozenset([str(one.subject.id)])) for one in report.unknown}


@_MANY
@given(teams())
def test_all_that_is_to_be_found_is_found_and_nothing_else(team: Team):
    report = found_in(team, rows(team), seals=dict.fromkeys(scopes_of(rows(team)), Verdict.COMPLETE))
    expected = labels(team)
    assert told(report) == expected.found
    assert unsure(report) == expected.unknown
    silent = {one.kind for one in report.kinds if one.not_known}
    assert (FindingKind.DORMANT in silent) == (team.log is None)
    assert not any(kind in silent for kind, _ in expected.found)


@st.composite
def half_seen(draw: st.DrawFn) -> tuple[Team, list[Item], dict[str, Verdict], list[Item]]:
    """A team of which some scopes were not seen whole: rows are missing there, and older ones stand in for some."""
    team = draw(teams())
    items = rows(team)
    scopes = scopes_of(items)
    broken = draw(st.sets(st.sampled_from(scopes), min_size=1))
    seals = {scope: draw(st.sampled_from([Verdict.PARTIAL, Verdict.UNREADABLE])) for scope in broken}
    seals |= {scope: Verdict.COMPLETE for scope in scopes if scope not in broken}
    shown: list[Item] = []
    old: list[Item] = []
    for item in items:
        fate = draw(st.sampled_from(["seen", "missing", "old"])) if item.scope in broken else "seen"
        if fate == "missing":
            continue
        if fate == "old":
            item = draw(aged(item))
            old.append(item)
        shown.append(item)
    for item in draw(st.lists(st.sampled_from(items), max_size=2)):
        # What was gone since: somebody who held something, or an account that is not there any more.
        ghost = _ghost(item, draw(st.sampled_from(["gone", *(f"u{number}" for number in range(len(team.people)))])))
        if ghost is not None and ghost.scope in broken and _key(ghost) not in map(_key, shown):
            shown.append(ghost)
            old.append(ghost)
    return team, shown, seals, old


def _key(item: Item) -> object:
    return (item.entitlement, item.principal) if isinstance(item, Grant) else item.id


@st.composite
def aged(draw: st.DrawFn, item: Item) -> Item:
    """The item as an older snapshot may have had it."""
    if isinstance(item, Resource) and isinstance(item.trait, UserTrait):
        trait = msgspec.structs.replace(
            item.trait,
            status=draw(st.sampled_from(AccountStatus)),
            external_ids=draw(st.sampled_from([{}, item.trait.external_ids])),
            emails=draw(st.sampled_from([(), item.trait.emails])),
        )
        return msgspec.structs.replace(item, trait=trait)
    if isinstance(item, Entitlement):
        return msgspec.structs.replace(item, privileged=draw(st.booleans()))
    return item


def _ghost(item: Item, holder: str) -> Item | None:
    if isinstance(item, Resource | Entitlement):
        return None
    return msgspec.structs.replace(item, principal=ResourceId(type="user", id=holder), inherited_by=())


@_MANY
@given(half_seen())
def test_what_was_not_seen_whole_makes_no_false_finding(half: tuple[Team, list[Item], dict[str, Verdict], list[Item]]):
    team, items, seals, old = half
    report = found_in(team, items, seals=seals, old=old)
    truth = labels(team)
    false = told(report) - truth.found
    # Of several accounts of one person some may not have been seen: those that were are truly hers.
    whole = [ids for kind, ids in truth.found if kind is FindingKind.DUPLICATE_PEOPLE]
    assert not {
        (kind, ids)
        for kind, ids in false
        if kind is not FindingKind.DUPLICATE_PEOPLE or not any(ids <= each for each in whole)
    }


@_MANY
@given(half_seen())
def test_a_group_that_was_seen_is_found_or_unknown(half: tuple[Team, list[Item], dict[str, Verdict], list[Item]]):
    team, items, seals, old = half
    report = found_in(team, items, seals=seals, old=old)
    fresh = [item for item in items if item not in old]
    groups = {str(item.id) for item in fresh if isinstance(item, Resource)}
    owned = {
        str(item.id.resource) for item in fresh if isinstance(item, Entitlement) and item.purpose == Purpose.OWNERSHIP
    }
    silent = {one.kind for one in report.kinds if one.not_known}
    answered = told(report) | unsure(report)
    for kind, ids in labels(team).found:
        if kind not in silent and (
            (kind is FindingKind.EMPTY_GROUP and ids <= groups)
            or (kind in (FindingKind.OWNERLESS_GROUP, FindingKind.SUSPENDED_OWNER) and ids <= groups & owned)
        ):
            assert (kind, ids) in answered


def test_the_kinds_are_those_of_the_configuration_and_of_the_command():
    from jackfield.cli.commands.findings import KINDS as COMMAND
    from jackfield.cli.commands.findings import SEVERITIES
    from jackfield.findings import Severity

    assert [kind.name for kind in KINDS] == list(FindingKind)
    assert list(COMMAND) == [kind.value for kind in FindingKind]
    assert list(SEVERITIES) == [one.value for one in Severity]
