"""Settling what is undecided, connection by connection."""

from jackfield.changes.recover import elsewhere, recover
from jackfield.cli.app import App
from jackfield.cli.changing import How
from jackfield.cli.making import opened
from jackfield.errors import JackfieldError, OtherTenant
from jackfield.state import State
from jackfield_contracts import JournalEntry


def recovered(app: App, connection: str | None, how: How) -> tuple[list[JournalEntry], list[JackfieldError]]:
    """What was undecided, as it stands now, the oldest first; and why some connections could not be asked."""
    if not app.home.has_database:
        return [], []
    errors: list[JackfieldError] = []
    with app.state() as state:
        undecided = state.changes(connection, undecided=True, limit=None)[::-1]
        if not how.dry_run:
            for name in dict.fromkeys(entry.connection for entry in undecided):
                try:
                    app.run(_settle(app, name, state, how))
                except JackfieldError as error:
                    errors.append(error.locate(connection=name))
        return [state.change(entry.id) or entry for entry in undecided], errors


async def _settle(app: App, connection: str, state: State, how: How) -> None:
    async with opened(app, connection, state, how, tell=False) as changing:
        await recover(changing)
        if left := elsewhere(changing):
            of = ", ".join(sorted({entry.tenant or "" for entry in left}))
            raise OtherTenant(
                f"{len(left):,} undecided were asked of the account {of}, and the connection reaches"
                f" {changing.whose.id or 'one that is not known'}: what became of them is to be seen there only",
                connection=connection,
                hint="Sign in to that account, then run this again.",
            )
