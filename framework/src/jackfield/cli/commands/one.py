"""What the commands that make one change share."""

from collections.abc import Mapping

import msgspec

from jackfield.changes.plan import foretold
from jackfield.changes.requests import request_of
from jackfield.cli import exits
from jackfield.cli.app import App
from jackfield.cli.changing import How
from jackfield.cli.guard import show_error
from jackfield.cli.making import make, telling, work_out
from jackfield.cli.outcomes import change_document, forecast_document, forecast_lines, outcome_lines, print_change
from jackfield.state.journal import outcome_of


def change(app: App, connection: str, how: How, asked: Mapping[str, object]) -> int:
    """Make the one change that is *asked* for, and print what became of it; the exit code."""
    app.settings.connection(connection)
    made = make(app, connection, how, work_out(app, connection, [request_of(asked)]))
    if made.declined:
        return exits.INTERRUPTED
    if not made.entries:
        (planned,) = made.plan.changes
        planned = msgspec.structs.replace(
            planned, forecast=foretold(planned), warnings=(*made.plan.warnings, *planned.warnings)
        )
        print_change(how.output, forecast_document(planned), forecast_lines(planned))
        return exits.of_outcome(planned.forecast)
    (entry,) = made.entries
    with telling(connection):
        print_change(how.output, change_document(entry), outcome_lines(entry))
    if made.error is not None:
        show_error(app, made.error)
        return made.error.exit_code
    return exits.of_outcome(outcome_of(entry))
