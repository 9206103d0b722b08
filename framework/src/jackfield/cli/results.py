"""The result of a sync, for programs and for people."""

from typing import TYPE_CHECKING

from jackfield.cli.app import App
from jackfield.cli.output import diagnostic_line, say
from jackfield.cli.snapshots import not_complete
from jackfield.cli.text import clean, count, requests_told
from jackfield.snapshots.reader import read_snapshot
from jackfield.state import Home, Run, RunStatus
from jackfield_contracts import Verdict

if TYPE_CHECKING:
    from jackfield.snapshots.reader import Snapshot


_MOST_NAMED = 8


def sync_document(run: Run, home: Home) -> dict[str, object]:
    """The one object that ``sync --output json`` prints."""
    file = home.snapshot(run.connection, run.run) if run.sha256 else None
    return {
        "run": run.run,
        "connection": run.connection,
        "status": run.status.value,
        "complete": run.complete,
        "requests": run.requests,
        "counts": run.counts,
        "scopes": run.scopes,
        "snapshot": str(file) if file else None,
        "sha256": run.sha256,
        "seconds": run.seconds,
    }


def tell_sync(app: App, run: Run, *, accepted: bool = False) -> None:
    """Tell people what a sync left: a published snapshot, or a held one."""
    file = app.home.snapshot(run.connection, run.run)
    with read_snapshot(file) as snapshot:
        team = snapshot.header.tenant_name or snapshot.header.tenant
        tenant_match = f" ({clean(team)})" if team else ""
        verb = "Held, not published" if run.status is RunStatus.HELD else "Accepted" if accepted else "Published"
        if run.imported:
            verb = "Imported"
        say(f"{verb}: run {run.run} of {run.connection}{tenant_match}")
        _tell_rows(run, snapshot)
        if run.status is RunStatus.HELD:
            _tell_held(run)


def _tell_rows(run: Run, snapshot: "Snapshot") -> None:
    resources = ", ".join(f"{number:,} {kind}" for kind, number in run.counts.resources.items())
    say(f"  {sum(run.counts.resources.values()):,} resources: {resources or 'none'}")
    say(f"  {count(run.counts.entitlements, 'entitlement')}, {count(run.counts.grants, 'grant')}")
    again = f" and {count(run.rereads, 'reread')}" if run.rereads else ""
    if run.imported:
        say(f"  {clean(run.reason or '')}; the application was not asked")
    else:
        say(f"  {requests_told(run.requests)}{again} in {run.seconds:.1f} s")
    for one, times in snapshot.diagnostics():
        say(f"  {diagnostic_line(one, times)}")
    unreconciled = [one.scope for one in snapshot.seals() if one.seal is Verdict.UNRECONCILED and one.expected is None]
    if unreconciled:
        named = ", ".join(unreconciled[:_MOST_NAMED]) + (", …" if len(unreconciled) > _MOST_NAMED else "")
        say(
            f"  of {clean(named)} the application tells no count to compare with (unreconciled); there is nothing to do"
        )
    if run.complete:
        say("  complete, as far as the file says" if run.imported else "  complete: every part was seen whole")
    else:
        say("  " + not_complete(snapshot).replace("\n", "\n  "))


def _tell_held(run: Run) -> None:
    say(f"Why: {run.reason or 'it would lose too much'}.")
    if run.base:
        say(f"The snapshot before it, {run.base}, stays the current one. To see what would be lost:")
        say(f"  jackfield diff {run.connection} {run.base} {run.run}")
    else:
        say("To see which files are missing or were changed:")
        say(f"  jackfield verify {run.connection}")
    say("If that is right, publish this very snapshot, without asking the application again:")
    say(f"  jackfield sync {run.connection} --accept {run.run}")
