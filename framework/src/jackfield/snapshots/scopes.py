"""Scopes as the reads left them: what was read, what the application counts, and what else speaks for or against it."""

import sqlite3
from collections.abc import Mapping

import msgspec

from jackfield.snapshots.witnesses import Evidence, Held, hear
from jackfield_contracts import Reading, RowKind, Scope

USUAL = "usual "
"""How an entry of the header begins that says by how much the rows of a scope, seen whole, fell short of its count."""

_OBSERVED = {
    RowKind.GRANTS: "SELECT scope, count(*), sum(principal) FROM grant_row WHERE origin IS NULL GROUP BY scope",
    RowKind.RESOURCES: "SELECT scope, count(*), 0 FROM resource_row WHERE origin IS NULL GROUP BY scope",
}
_CLOCKS_APART_DAYS = 120 / 86_400
"""How far the application's clock may be behind, in days; its dates are also cut to whole seconds."""


class ScopeState(msgspec.Struct, frozen=True, kw_only=True):
    """One scope as the reads left it.

    ``failed`` is why the read that feeds it failed, ``reread`` the state of a second, ``again_from`` the first page of one
    that was read to its end, ``incomplete`` what the pages say. ``counted`` are the rows that ``expected`` counts, ``observed``
    those of the scope; ``explained`` says that a presumed count fits another reading exactly, ``usual`` by how much the
    rows fell short of it in the last snapshot that saw the scope whole. ``lacking`` are the keys of principals whom a
    witness names and the read lacks; ``alike`` says that read and witness, independent of each other, name the same;
    ``own`` that the witness's own read feeds the scope; ``silent`` that it does not speak of everybody. ``left_out`` is how
    many came only when they were asked for by id, and were there before.
    """

    key: int
    definition: Scope
    expected: int | None
    observed: int
    failed: str | None
    reread: str | None
    incomplete: str | None = None
    again_from: int | None = None
    counted: int = 0
    explained: bool = False
    usual: int = 0
    lacking: tuple[int, ...] = ()
    alike: bool = False
    own: bool = False
    silent: bool = False
    left_out: int = 0

    @property
    def short(self) -> int:
        """By how many rows the scope falls short of the application's own count; more rows than a count tell no loss."""
        return max(0, self.expected - self.counted) if self.expected is not None else 0

    @property
    def explains_itself(self) -> str | None:
        """Why the rows may be fewer than the application counts, whatever other routes say; None if nothing explains it."""
        scope = self.definition
        if not self.observed:
            return None
        if scope.presumed is not None and self.explained:
            return f"the difference is what else it may count ({scope.presumed})"
        if scope.presumed is not None and self.short <= self.usual:
            return f"the difference was there before ({scope.presumed})"
        return scope.unreconcilable

    @property
    def doubtful(self) -> bool:
        """Whether it was not seen whole, as far as can be told without witnesses."""
        if self.failed is not None or self.incomplete is not None or self.left_out:
            return True
        return bool(self.short) and self.explains_itself is None


def scope_states(db: sqlite3.Connection) -> list[ScopeState]:
    """Every scope with its counts and what else speaks for or against it."""
    observed = {
        kind: {key: (rows, evidence) for key, rows, evidence in db.execute(sql)} for kind, sql in _OBSERVED.items()
    }
    rows = db.execute(
        "SELECT s.key, s.definition, s.expected, s.read, r.state, r.reason, again.state,"
        " (SELECT min(p.key) FROM page_row p WHERE p.read = s.reread AND again.state = 'done')"
        " FROM scope_row s LEFT JOIN read_row r ON r.key = s.read LEFT JOIN read_row again ON again.key = s.reread"
        " ORDER BY s.key"
        if db.execute("SELECT 1 FROM scope_row WHERE reread IS NOT NULL").fetchone()
        else "SELECT s.key, s.definition, s.expected, s.read, r.state, r.reason, NULL, NULL"
        " FROM scope_row s LEFT JOIN read_row r ON r.key = s.read ORDER BY s.key"
    ).fetchall()
    said, usual = _incomplete(db), _usual(db)
    states: list[ScopeState] = []
    held: list[Held] = []
    feeding: dict[int, int | None] = {}
    for key, definition, expected, read, state, reason, again, since in rows:
        scope = msgspec.json.decode(definition, type=Scope)
        number, evidence = observed[scope.rows].get(key, (0, 0))
        failed = None if state == "done" else reason or "it was never read"
        counted = number if expected is None or scope.counts is None else _rows_in(db, scope.counts)
        feeding[key] = read
        if scope.witness is not None:
            held.append(Held(scope=key, definition=scope, rows=number, sum=evidence, again_from=since))
        states.append(
            ScopeState(
                key=key,
                definition=scope,
                expected=expected,
                observed=number,
                failed=failed,
                reread=again,
                incomplete=said.get(scope.name),
                again_from=since,
                counted=counted,
                explained=_explained(db, scope, expected, counted),
                usual=usual.get(scope.name, 0),
                left_out=_left_out(db, key, scope) if scope.lookup is not None else 0,
            )
        )
    return _with_evidence(db, states, held, feeding)


def _with_evidence(
    db: sqlite3.Connection, states: list[ScopeState], held: list[Held], feeding: Mapping[int, int | None]
) -> list[ScopeState]:
    if not held:
        return states
    heard = hear(db, held)
    # Who is where he does not say to be may be elsewhere, too: of him the witness is as good as silent. Of scopes that its
    # own read feeds, a second read is made because that is known already.
    refuted = any(evidence.unnamed for key, evidence in heard.of.items() if feeding[key] not in heard.reads)
    fed = [state for state in states if state.definition.witness is None and feeding[state.key] in heard.reads]
    whole = bool(fed) and not any(state.doubtful for state in fed)
    nothing = Evidence()
    found: list[ScopeState] = []
    for state in states:
        if state.definition.witness is not None:
            evidence = heard.of.get(state.key, nothing)
            own = feeding[state.key] in heard.reads
            independent = state.reread == "done" or not own
            state = msgspec.structs.replace(
                state,
                lacking=evidence.lacking,
                alike=evidence.alike and independent and whole and not heard.silent and state.observed > 0,
                own=own,
                silent=heard.silent > 0 or refuted or not whole,
            )
        elif state.definition.lookup is not None and feeding[state.key] not in heard.reads:
            # What witnesses mention is the second route of this listing.
            state = msgspec.structs.replace(state, silent=heard.silent > 0 or refuted)
        found.append(state)
    return found


def _rows_in(db: sqlite3.Connection, reading: Reading) -> int:
    statuses = msgspec.json.encode(reading.statuses).decode()
    return db.execute(
        "SELECT count(*) FROM resource_row r JOIN scope_row s ON s.key = r.scope WHERE s.name = ? AND r.origin IS NULL"
        " AND r.data ->> '$.trait.status' IN (SELECT value FROM json_each(?))",
        (reading.scope, statuses),
    ).fetchone()[0]


def _explained(db: sqlite3.Connection, scope: Scope, expected: int | None, counted: int) -> bool:
    if expected is None or counted >= expected or scope.presumed is None:
        return False
    return any(_rows_in(db, reading) == expected for reading in scope.may_count)


def _usual(db: sqlite3.Connection) -> dict[str, int]:
    """By scope, how far its rows fell short of its count in the snapshot that this one follows, as far as it is known."""
    if db.execute("SELECT 1 FROM pragma_database_list WHERE name = 'base'").fetchone() is None:
        return {}
    entries = db.execute("SELECT key, value FROM base.header WHERE key GLOB ?", (f"{USUAL}*",))
    return {key.removeprefix(USUAL): int(value) for key, value in entries}


def _left_out(db: sqlite3.Connection, key: int, scope: Scope) -> int:
    return db.execute(
        "SELECT count(*) FROM asked_row a JOIN resource_row r ON r.key = a.node"
        " WHERE r.scope = ? AND a.family = ? AND NOT a.outside AND NOT coalesce(julianday(coalesce("
        " r.data ->> '$.trait.joined', r.data ->> '$.trait.invited', r.data ->> '$.created', a.created))"
        " >= julianday((SELECT value FROM header WHERE key = 'started')) - ?, 0)",
        (key, scope.lookup, _CLOCKS_APART_DAYS),
    ).fetchone()[0]


def _incomplete(db: sqlite3.Connection) -> dict[str, str]:
    """Why scopes are not whole in the words of the last page that says so; what a second read replaced counts no more."""
    return dict(
        db.execute(
            "SELECT j.key, j.value FROM page_row p CROSS JOIN json_each(p.incomplete) j LEFT JOIN scope_row s"
            " ON s.name = j.key LEFT JOIN read_row again ON again.key = s.reread"
            " WHERE p.incomplete IS NOT NULL AND NOT coalesce(again.state = 'done' AND p.read = s.read, 0) ORDER BY p.key"
        ).fetchall()
    )
