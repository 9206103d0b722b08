"""What became of changes beside what a plain model of the team expects."""

from collections.abc import Mapping, Sequence
from typing import Any

from harness.expected import CHANGED, REFUSED, Team

from jackfield_contracts import (
    Change,
    Confirmation,
    CreateAccount,
    DeleteAccount,
    GrantAccess,
    JournalEntry,
    OutcomeKind,
    RevokeAccess,
    RunAction,
)

DRIFTED = "drifted"
ONCE = (
    "invitations",
    "welcome_mails",
    "wipes",
    "removals",
    "recoveries",
    "suspensions",
    "unsuspensions",
    "group_additions",
    "group_removals",
)
"""Effects that a second request would double."""
AGAIN = ("role_changes", "profile_changes", "access_changes")
"""Effects of which a second one only sets once more what is set."""


def check_outcomes(
    changes: Sequence[Change], entries: Sequence[JournalEntry], expected: Sequence[str], *, drifted: bool
) -> None:
    """Each entry of the journal is of its change, and its outcome the expected one."""
    assert [_asked(entry.change) for entry in entries] == [_asked(change) for change in changes]
    for entry, outcome in zip(entries, expected, strict=True):
        told = entry.outcome
        assert told is not None
        if outcome == DRIFTED:
            assert (told.outcome, told.tag) == (OutcomeKind.REFUSED, DRIFTED), entry
            continue
        assert told.outcome.value == outcome, (outcome, entry)
        assert told.tag != DRIFTED or drifted, entry
        assert (told.confirmed_by is Confirmation.READ) == (outcome != REFUSED), entry
        assert told.reason or outcome == CHANGED, entry


def check_effects(
    effects: Mapping[str, Any],
    changes: Sequence[Change],
    entries: Sequence[JournalEntry],
    expected: Sequence[str],
    *,
    disturbed: bool,
) -> None:
    """No effect is doubled, none is there without a change, and one change takes one call."""
    for name in ONCE:
        doubled = {what: times for what, times in effects[name].items() if times > 1}
        assert not doubled or len(changes) > 1, (name, doubled, entries)
    if CHANGED not in expected:
        made = {name: what for name, what in effects.items() if name in (*ONCE, *AGAIN) and what}
        assert not made, (made, entries)
    elif not disturbed and len(changes) == 1 and not isinstance(changes[0], CreateAccount):
        assert effects["total_calls"] == 1, (effects, entries)


def check_after(model: Team, entry: JournalEntry) -> None:
    """The state after, as the journal has it, is that of the model."""
    footing, after = model.footing(entry.change), entry.after
    assert after is not None
    assert (after.account.id if after.account else None, after.status_raw or None) == footing[:2], (footing, entry)
    if isinstance(entry.change, GrantAccess | RevokeAccess):
        held = [one.resource.id if one.resource.type == "role" else one.slug for one in after.held]
        assert held == ([] if footing[2] is None else [footing[2]]), (footing, entry)
    elif isinstance(entry.change, RunAction) and entry.change.name == "set_profile":
        facts = tuple(after.facts[name] for name in sorted(after.facts))
        assert facts == footing[2:], (footing, entry)


def check_truth(truth: Team, model: Team) -> None:
    """The team is as the model says."""
    for id, one in truth.people.items():
        assert model.people.get(id) == one, f"{id}: {one}, and the model has {model.people.get(id)}"
    for id, group in truth.groups.items():
        assert model.groups[id] == group, f"{id}: {group}, and the model has {model.groups[id]}"
    assert truth == model


def kind_name(change: Change) -> str:
    """A kind of change, by which outcomes are counted."""
    if isinstance(change, GrantAccess | RevokeAccess):
        verb = "grant" if isinstance(change, GrantAccess) else "revoke"
        return f"{verb} {change.entitlement.resource.type}"
    if isinstance(change, CreateAccount):
        return "create"
    return "delete" if isinstance(change, DeleteAccount) else change.name


def _asked(change: Change) -> tuple[object, ...]:
    """What is the same of a change before and after its arguments were completed."""
    if isinstance(change, GrantAccess | RevokeAccess):
        return type(change), change.entitlement, change.principal
    if isinstance(change, CreateAccount):
        return type(change), change.arguments["email"]
    return type(change), change.account
