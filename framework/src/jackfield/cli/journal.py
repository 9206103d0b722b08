"""An entry of the journal for people."""

from jackfield.changes.kinds.given import shown_value
from jackfield.changes.kinds.registry import kind_of
from jackfield.cli.outcomes import outcome_lines
from jackfield.cli.output import say
from jackfield.cli.text import clean, moment
from jackfield.state.journal import outcome_of
from jackfield_contracts import Change, Confirmation, JournalEntry, JournalStatus, TargetState


def tell_entry(entry: JournalEntry) -> None:
    """Print all that the journal knows of one change."""
    say("\n".join(outcome_lines(entry)))
    outcome = outcome_of(entry)
    facts = [
        ("change", entry.id),
        ("connection", f"{entry.connection} ({entry.connector})"),
        ("account", entry.tenant),
        ("status", entry.status.value),
        ("asked for", " by ".join(filter(None, (moment(entry.intended), entry.actor)))),
        ("because", entry.reason),
        ("plan", entry.plan),
        ("effects", ", ".join(entry.effects)),
        ("asked with", _asked(entry.change)),
        ("before", _told(entry.before)),
        ("after", _told(entry.after) if entry.after else None),
        ("settled", moment(entry.settled)),
    ]
    if outcome is not None:
        read = outcome.confirmed_by is Confirmation.READ
        how = None if outcome.confirmed_by is None else "a read" if read else "the application's answer alone"
        facts += [
            ("confirmed", f"by {how}" if how else None),
            ("job", outcome.job if entry.status is not JournalStatus.SETTLED else None),
            ("request ids", ", ".join(outcome.request_ids)),
        ]
    for name, value in facts:
        if value:
            say(f"  {name:<12}{clean(value)}")


def _asked(change: Change) -> str:
    """The arguments of a change, also those that its title leaves out."""
    return ", ".join(f"{name} {shown_value(value)}" for name, value in kind_of(change).arguments(change).items())


def _told(state: TargetState) -> str:
    if not state.exists:
        return "not there"
    words = [
        str(state.account) if state.account else "",
        state.status_raw or (state.status.value if state.status else ""),
    ]
    held = ", ".join(map(str, state.held))
    facts = ", ".join(f"{name} {value}" for name, value in state.facts.items())
    return "; ".join(filter(None, (" ".join(filter(None, words)), f"holds {held}" if held else "", facts)))
