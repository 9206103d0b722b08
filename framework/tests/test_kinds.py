"""What a kind of change may say that none of today's says: several accounts at once, facts that no argument sets."""

import pytest

from jackfield.changes import plan
from jackfield.changes.kinds import rules
from jackfield.changes.kinds.account import Delete
from jackfield.changes.kinds.kind import Place
from jackfield.changes.kinds.operations import Operations
from jackfield.changes.kinds.view import View
from jackfield_contracts import Change, DeleteAccount, Outcome, OutcomeKind, PlannedChange, ResourceId, TargetState


class Heirs(Delete):
    """A deletion whose heir is named by the title, and which counts what the account owns."""

    def place(self, change: DeleteAccount, planned: PlannedChange, operations: Operations, view: View) -> Place:
        return Place(key=planned.id, accounts=(change.account, user(planned.title)))

    def facts(self, change: DeleteAccount, operations: Operations) -> set[str]:
        return {"owned"}


def user(id: str) -> ResourceId:
    return ResourceId(type="user", id=id)


def deletion(of: str, heir: str) -> PlannedChange:
    return PlannedChange(
        id=f"{of}-{heir}",
        change=DeleteAccount(account=user(of)),
        title=heir,
        kinds=("delete",),
        before=TargetState(exists=True, facts={"owned": 3}),
        forecast=Outcome(outcome=OutcomeKind.CHANGED),
    )


@pytest.fixture(autouse=True)
def heirs(monkeypatch: pytest.MonkeyPatch) -> None:
    def kind_of(change: Change) -> Heirs:
        return Heirs()

    for module in (plan, rules):
        monkeypatch.setattr(module, "kind_of", kind_of)


def test_changes_that_share_any_account_wait_for_one_another(monkeypatch: pytest.MonkeyPatch) -> None:
    def altering(self: Heirs, change: DeleteAccount, planned: PlannedChange, *_: object) -> Place:
        return Place(key=planned.id, accounts=(change.account, user(planned.title)), alters=True)

    monkeypatch.setattr(Heirs, "place", altering)
    chain = [deletion("u4", "u5"), deletion("u5", "u6"), deletion("u1", "u2"), deletion("u7", "u4")]
    view, operations = View.empty(), object()
    order = plan.in_order(chain, view, operations)  # type: ignore[arg-type]
    assert [each.stage for each in order] == [0, 1, 0, 1]
    assert order[1].after == {"u4-u5"}


def test_a_fact_that_counts_is_part_of_what_a_plan_was_made_on() -> None:
    planned = deletion("u4", "u5")
    for owned, holds in ((3, True), (7, False)):
        now = TargetState(exists=True, facts={"owned": owned})
        assert rules.without_drift(planned.change, object(), planned.before, now) is holds  # type: ignore[arg-type]
