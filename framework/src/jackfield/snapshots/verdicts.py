"""What the evidence makes of a scope: whether it is to be read once more, and its seal.

Rows that two independent routes give alike are true whatever a count says. A count of documented meaning above the rows, or
routes that contradict each other, make a scope partial after one more read; a count of undocumented meaning does so only
where the rows fall short of it by more than in snapshots before. More rows than a count are no sign of a loss.
"""

import msgspec

from jackfield.snapshots.scopes import ScopeState
from jackfield_contracts import Seal, Verdict

MORE = "it gave more rows than it counts, which is no sign of a loss"
ALIKE = "another route gives the same rows"


def to_be_read_again(state: ScopeState) -> bool:
    """Whether one more read of the scope could tell more."""
    if state.failed is not None or state.reread is not None:
        return False
    if state.lacking or (state.silent and (state.own or state.definition.lists is not None)):
        return True
    if state.incomplete is not None and state.definition.witness is not None:
        return state.definition.fallback is not None
    if state.expected is None:
        return state.own and not state.observed
    return bool(state.short) and _trusted_all_the_same(state) is None


def _trusted_all_the_same(state: ScopeState) -> str | None:
    """Why the rows stand though they are fewer than the application counts; None if nothing speaks for them."""
    return ALIKE if state.alike else state.explains_itself


def _settled_by_the_count(state: ScopeState) -> bool:
    """Whether the count sides with those who say that they belong, against a second read that was made to learn of others."""
    return state.own and state.counted == state.expected


def verdict(state: ScopeState) -> Seal:
    """The seal of one scope, by itself."""
    scope = state.definition

    def sealed(seal: Verdict, reason: str | None) -> Seal:
        return Seal(scope=scope.name, seal=seal, observed=state.observed, expected=state.expected, reason=reason)

    if state.failed is not None:
        return sealed(Verdict.UNREADABLE, state.failed)
    if state.incomplete is not None:
        return sealed(Verdict.PARTIAL, state.incomplete)
    if state.left_out:
        return sealed(Verdict.PARTIAL, f"the listing left out {state.left_out} that are there")
    again = {"done": "also after one more read", None: "and it can't be read again alone"}.get(
        state.reread, "and one more read failed"
    )
    if state.lacking and not _settled_by_the_count(state):
        who = (
            "one principal says that it belongs" if len(state.lacking) == 1 else f"{len(state.lacking)} principals say"
        )
        belongs = "" if len(state.lacking) == 1 else " that they belong"
        return sealed(Verdict.PARTIAL, f"{who}{belongs} to it and the read of it lacks them, {again}")
    if state.own and state.silent and state.reread != "done":
        return sealed(Verdict.PARTIAL, f"it comes from a read that does not say it of everybody, {again}")
    if state.expected is None:
        reason = scope.unreconcilable or "the application gives no count to compare with"
        return sealed(Verdict.UNRECONCILED, reason)
    if state.counted == state.expected:
        return sealed(Verdict.COMPLETE, None)
    figures = f"the application counts {state.expected} and gave {state.counted}"
    if not state.short:
        return sealed(Verdict.UNRECONCILED, f"{figures}: {MORE}")
    if (why := _trusted_all_the_same(state)) is not None:
        return sealed(Verdict.UNRECONCILED, f"{figures}: {why}")
    return sealed(Verdict.PARTIAL, f"{figures}, {again}")


def spread(seals: dict[int, Seal], states: list[ScopeState]) -> dict[int, Seal]:
    """The seals, where a scope whose listing was not seen whole for another is not whole either."""
    found = dict(seals)
    causes = {seal.scope: seal for seal in seals.values() if seal.seal is Verdict.PARTIAL}
    more = True
    while more:
        more = False
        for state in states:
            cause, seal = causes.get(state.definition.same_listing or ""), found[state.key]
            if cause is None or not seal.seal.whole:
                continue
            reason = f"it comes of the same listing as {cause.scope}, of which {cause.reason}"
            found[state.key] = msgspec.structs.replace(seal, seal=Verdict.PARTIAL, reason=reason)
            causes[seal.scope] = cause
            more = True
    return found
