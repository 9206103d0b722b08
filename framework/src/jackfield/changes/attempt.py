"""One change on its way: its entry in the journal, what the application answered, and what is in doubt."""

from collections.abc import Callable, Sequence

import msgspec

from jackfield.changes.kinds.change import target_of
from jackfield.changes.kinds.operations import Operations
from jackfield.changes.kinds.view import View
from jackfield.changes.options import Changing
from jackfield.host.policies import tell_changed
from jackfield.state.journal import moment
from jackfield_contracts import Change, Confirmation, JournalEntry, JournalStatus, Outcome, OutcomeKind, PlannedChange

Progress = Callable[[JournalEntry], None]


class Attempt:
    """A change that is being made. ``doubtful``: an earlier call may have made it without our hearing of it.

    ``lost``: an answer to it was lost; what it says beside whether it was made will never be known.
    """

    def __init__(self, entry: JournalEntry, *, doubtful: bool = False, lost: bool = False) -> None:
        self.entry = entry
        self.doubtful = doubtful
        self.lost = lost or entry.lost
        self.answer: Outcome | None = entry.outcome

    @property
    def change(self) -> Change:
        """What is to be done."""
        return self.entry.change

    @property
    def settled(self) -> bool:
        """Whether its outcome is in the journal."""
        return self.entry.status is JournalStatus.SETTLED


class Desk:
    """Where attempts are written down: the journal, the policies that watch, and whoever follows the progress."""

    def __init__(self, changing: Changing, operations: Operations, progress: Progress | None = None) -> None:
        self.changing = changing
        self.operations = operations
        self._progress = progress

    def entry(self, planned: PlannedChange, plan: str | None) -> JournalEntry:
        """The entry of a change that is about to be made."""
        changing = self.changing
        return JournalEntry(
            id=planned.id,
            connection=changing.connection.name,
            connector=changing.connection.plugin.name,
            change=planned.change,
            title=planned.title,
            status=JournalStatus.INTENT,
            intended=moment(changing.clock.now()),
            before=planned.before,
            kinds=planned.kinds,
            reason=changing.connection.http.mask.text(changing.options.reason) if changing.options.reason else None,
            actor=changing.options.actor,
            plan=plan,
            tenant=changing.whose.id,
            effects=planned.effects,
        )

    def save(self, attempts: list[Attempt], status: JournalStatus = JournalStatus.INTENT) -> None:
        """Write down how far *attempts* are, with what was answered."""
        for attempt in attempts:
            attempt.entry = msgspec.structs.replace(
                attempt.entry, status=status, outcome=attempt.answer, lost=attempt.lost
            )
        self.changing.state.save_changes([attempt.entry for attempt in attempts])

    def settle(self, ended: Sequence[tuple[Attempt, Outcome, View | None]]) -> None:
        """Write down outcomes with the state after, and tell of them."""
        now = moment(self.changing.clock.now())
        for attempt, outcome, view in ended:
            after = target_of(attempt.change, self.operations, view) if view is not None else None
            if view is not None and outcome.confirmed_by is Confirmation.READ:
                ids = dict.fromkeys((*outcome.request_ids, *view.state.request_ids))
                outcome = msgspec.structs.replace(outcome, request_ids=tuple(ids))
            if outcome.account is None and after is not None and after.account is not None:
                outcome = msgspec.structs.replace(outcome, account=after.account)
            attempt.answer = outcome
            attempt.entry = msgspec.structs.replace(
                attempt.entry,
                status=JournalStatus.SETTLED,
                outcome=outcome,
                after=after,
                settled=now,
                lost=attempt.lost,
            )
        self.changing.state.save_changes([attempt.entry for attempt, _, _ in ended])
        for attempt, _, _ in ended:
            tell_changed(self.changing.policies, attempt.entry, self.changing.log)
            if self._progress is not None:
                self._progress(attempt.entry)


def unverified(reason: str, answer: Outcome | None = None) -> Outcome:
    """The outcome of a change of which it is not known whether it was made."""
    known = answer or Outcome(outcome=OutcomeKind.UNVERIFIED)
    return msgspec.structs.replace(known, outcome=OutcomeKind.UNVERIFIED, reason=reason, retryable=False)
