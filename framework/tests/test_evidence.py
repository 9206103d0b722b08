"""What decides about a scope: rows that two routes give alike, counts and what they are worth, and who is named."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest

from jackfield.clock import SystemClock
from jackfield.errors import CursorExpired, MissingPermission
from jackfield.hookspecs import Reads, family
from jackfield.snapshots.file import create_partial
from jackfield.snapshots.lookups import listings
from jackfield.snapshots.scopes import ScopeState
from jackfield.snapshots.sealing import replace_reread
from jackfield.snapshots.verdicts import to_be_read_again, verdict
from jackfield.snapshots.writer import SnapshotWriter
from jackfield_contracts import (
    Entitlement,
    EntitlementId,
    Grant,
    Item,
    Page,
    Resource,
    ResourceId,
    RowKind,
    Scope,
    Verdict,
    Witness,
)

from .test_sync_overlap import engine, held

pytestmark = pytest.mark.usefixtures("partials_closed")

USERS = Scope(name="user", family="users", rows=RowKind.RESOURCES, lists="user", lookup="people")
GROUPS = Scope(name="group", family="groups", rows=RowKind.RESOURCES, lists="group", lookup="named")
STARTED = datetime(2026, 1, 1, tzinfo=UTC)


def of(kind: str, id: str) -> ResourceId:
    return ResourceId(type=kind, id=id)


def user(id: str) -> Resource:
    return Resource(id=of("user", id), scope="user", display_name=id)


def group(id: str) -> tuple[Item, ...]:
    offer = EntitlementId(resource=of("group", id), slug="member")
    return (
        Resource(id=of("group", id), scope="group", display_name=id),
        Entitlement(id=offer, scope="group", display_name="Member"),
    )


def members(id: str, people: str) -> tuple[Item, ...]:
    offer = EntitlementId(resource=of("group", id), slug="member")
    return tuple(Grant(entitlement=offer, principal=of("user", one), scope=f"group:{id}/*") for one in people)


def says(**holds: str) -> Witness:
    """By person, the groups that he says to be in."""
    by_group: dict[str, list[str]] = {}
    for one, groups in holds.items():
        for id in groups:
            by_group.setdefault(id, []).append(one)
    return Witness(principal_type="user", resource_type="group", principals=tuple(holds), holds=by_group)


class App(Reads):
    """An application with one group ``g``; *first* and *second* are what its two own routes give."""

    def __init__(self, *, expected: int | None, first: str, second: str, said: Witness, later: Witness | None = None):
        self.expected, self.first, self.second, self.said, self.later = expected, first, second, said, later
        self.calls: list[str] = []
        self.missing = ""
        self.mentions: tuple[ResourceId, ...] = ()
        self.outside = False
        self.created: datetime | None = None
        self.there = True

    @family("groups", scopes=(GROUPS,))
    async def groups(self) -> Page:
        scope = Scope(
            name="group:g/*",
            family="members",
            expected=self.expected,
            presumed="nothing says what it counts",
            fallback="listing",
            witness="again",
            resource=of("group", "g"),
        )
        return Page(items=group("g"), opens=(scope,))

    @family("users", follows=("groups",), scopes=(USERS,))
    async def users(self) -> Page:
        people = sorted({*self.said.principals, *self.first, *self.second} - set(self.missing))
        return Page(items=tuple(map(user, people)), witness=self.said, mentions=self.mentions)

    @family("members", follows=("groups",), max_scopes=100, max_weight=100)
    async def members(self, scopes: tuple[Scope, ...]) -> Page:
        return Page(items=members("g", self.first))

    @family("listing", follows=("groups",))
    async def listing(self, scopes: tuple[Scope, ...]) -> Page:
        self.calls.append("listing")
        return Page(items=members("g", self.second))

    @family("again", follows=("users",))
    async def again(self, cursor: str) -> Page:
        self.calls.append(f"again {''.join(msgspec.json.decode(cursor, type=list[str]))}")
        return Page(witness=self.later or self.said)

    @family("people", follows=("users",))
    async def people(self, cursor: str) -> Page:
        ids = msgspec.json.decode(cursor, type=list[str])
        self.calls.append(f"people {''.join(ids)}")
        return Page(items=tuple(map(user, ids)) if self.there else ())

    @family("named", follows=("groups",))
    async def named(self, cursor: str) -> Page:
        ids = msgspec.json.decode(cursor, type=list[str])
        self.calls.append(f"named {''.join(ids)}")
        if not self.there:
            return Page()
        return Page(
            items=tuple(item for id in ids for item in group(id)),
            outside=tuple(of("group", id) for id in ids) if self.outside else (),
            created=dict.fromkeys(ids, self.created) if self.created else {},
        )


def run(
    app: Reads, folder: Path
) -> tuple[dict[str, tuple[Verdict, str | None]], list[tuple[str, str]], SnapshotWriter]:
    async def go() -> SnapshotWriter:
        writer = SnapshotWriter(create_partial(folder / "snapshot.partial"), SystemClock())
        writer.set_header({"started": STARTED.isoformat()})
        async with engine(app, writer) as sync:
            await sync.run()
        async with writer.transaction():
            replace_reread(writer.db, writer.scope_states())
        return writer

    writer = asyncio.run(go())
    seals = {state.definition.name: verdict(state) for state in writer.scope_states()}
    return {name: (seal.seal, seal.reason) for name, seal in seals.items()}, held(writer), writer


EVERYBODY = says(a="g", b="g", c="g")


@pytest.mark.parametrize(
    ("app", "seal", "rows", "calls"),
    [
        pytest.param(
            lambda: App(expected=3, first="abc", second="", said=EVERYBODY), Verdict.COMPLETE, "abc", [], id="all agree"
        ),
        pytest.param(
            lambda: App(expected=5, first="abc", second="", said=EVERYBODY),
            Verdict.UNRECONCILED,
            "abc",
            [],
            id="a count above rows that two routes give alike",
        ),
        pytest.param(
            lambda: App(expected=2, first="abc", second="", said=EVERYBODY),
            Verdict.UNRECONCILED,
            "abc",
            [],
            id="more rows than a count",
        ),
        pytest.param(
            lambda: App(expected=5, first="abc", second="abc", said=says(a="g", b="", c="")),
            Verdict.PARTIAL,
            "abc",
            ["listing"],
            id="a count above rows that nothing else confirms",
        ),
        pytest.param(
            lambda: App(expected=2, first="ab", second="ab", said=EVERYBODY),
            Verdict.PARTIAL,
            "ab",
            ["again c", "listing"],
            id="short as the count has it, and a witness names one more",
        ),
        pytest.param(
            lambda: App(expected=2, first="ab", second="abc", said=EVERYBODY),
            Verdict.UNRECONCILED,
            "abc",
            ["again c", "listing"],
            id="short once",
        ),
        pytest.param(
            lambda: App(expected=2, first="ab", second="", said=EVERYBODY, later=says(c="")),
            Verdict.COMPLETE,
            "ab",
            ["again c"],
            id="he has left meanwhile",
        ),
        pytest.param(
            lambda: App(expected=4, first="abc", second="bc", said=says(a="g", b="g", c="g", d="")),
            Verdict.UNRECONCILED,
            "abc",
            [],
            id="alike: no further read",
        ),
        pytest.param(
            lambda: App(expected=4, first="", second="", said=says(a="")),
            Verdict.PARTIAL,
            "",
            ["listing"],
            id="nobody, where the application counts some",
        ),
        pytest.param(
            lambda: App(expected=4, first="", second="abcd", said=says(a="")),
            Verdict.COMPLETE,
            "abcd",
            ["listing"],
            id="nobody by the one route, all by the other",
        ),
        pytest.param(
            lambda: App(expected=4, first="abc", second="abc", said=msgspec.structs.replace(EVERYBODY, silent=1)),
            Verdict.PARTIAL,
            "abc",
            ["listing"],
            id="witnesses that are silent about somebody confirm nothing",
        ),
        pytest.param(
            lambda: App(expected=4, first="abc", second="ab", said=says(a="", b="g", c="g")),
            Verdict.PARTIAL,
            "abc",
            ["listing", "again c"],
            id="the second read lacks what the first had, and a witness stands by it",
        ),
    ],
)
def test_a_scope_is_what_the_evidence_says(
    tmp_path: Path, app: Callable[[], App], seal: Verdict, rows: str, calls: list[str]
) -> None:
    its = app()
    seals, grants, _ = run(its, tmp_path)
    assert seals["group:g/*"][0] is seal, seals
    assert "".join(who for _, who in grants) == rows
    assert its.calls == calls


@pytest.mark.parametrize("said", [says(a="g", b="", c="g"), says(a="", b="", c="")])
def test_a_witness_that_the_rows_refute_confirms_nothing(tmp_path: Path, said: Witness) -> None:
    """Somebody is in the group and says to be in none: what he says of others is worth as little."""
    app = App(expected=5, first="abc", second="abc", said=said)
    seals, _, writer = run(app, tmp_path)
    assert seals["group:g/*"][0] is Verdict.PARTIAL
    (state,) = (state for state in writer.scope_states() if state.definition.name == "group:g/*")
    assert state.silent


def test_a_witness_whose_own_listing_is_short_confirms_nothing(tmp_path: Path) -> None:
    """The listing of people and that of the group lack the same person: the count alone tells it."""

    class Short(App):
        @family("users", follows=("groups",), scopes=(USERS,))
        async def users(self) -> Page:
            page = await App.users(self)
            return msgspec.structs.replace(page, expected={"user": 4})

    app = Short(expected=4, first="abc", second="abc", said=EVERYBODY)
    seals, _, _ = run(app, tmp_path)
    assert seals["user"][0] is Verdict.PARTIAL
    assert seals["group:g/*"][0] is Verdict.PARTIAL


@pytest.mark.parametrize(
    ("change", "seal", "asked"),
    [
        ({}, Verdict.PARTIAL, ["named h"]),
        ({"outside": True}, Verdict.UNRECONCILED, ["named h"]),
        ({"created": datetime(2026, 1, 2, tzinfo=UTC)}, Verdict.UNRECONCILED, ["named h"]),
        ({"created": datetime(2025, 1, 2, tzinfo=UTC)}, Verdict.PARTIAL, ["named h"]),
        ({"there": False}, Verdict.UNRECONCILED, ["named h"]),
    ],
)
def test_what_is_named_and_not_listed_is_asked_for(
    tmp_path: Path, change: dict[str, object], seal: Verdict, asked: list[str]
) -> None:
    app = App(expected=3, first="abc", second="", said=EVERYBODY)
    app.mentions = (of("group", "h"), of("group", "g"))
    for name, value in change.items():
        setattr(app, name, value)
    seals, _, writer = run(app, tmp_path)
    assert seals["group"][0] is seal
    assert app.calls == asked
    groups = {id for (id,) in writer.db.execute("SELECT n.id FROM resource_row r JOIN node n ON n.key = r.key")}
    assert ("h" in groups) is app.there
    (listing,) = (one for one in listings(writer.db) if one.scope.name == "group")
    assert [id for _, id in listing.unlisted] == ([] if app.there else ["h"])


def test_what_is_named_while_the_listing_failed_is_not_asked_for(tmp_path: Path) -> None:
    class Failing(App):
        @family("groups", scopes=(GROUPS,))
        async def groups(self) -> Page:
            raise MissingPermission("not these", permission="groups.read")

    app = Failing(expected=3, first="abc", second="", said=EVERYBODY)
    app.mentions = tuple(of("group", str(number)) for number in range(3000))
    seals, _, _ = run(app, tmp_path)
    assert seals["group"][0] is Verdict.UNREADABLE
    assert app.calls == []


def test_what_a_listing_said_before_it_started_over_counts_no_more(tmp_path: Path) -> None:
    class Restarting(App):
        passes = 0

        @family("users", follows=("groups",), scopes=(USERS,))
        async def users(self, cursor: str | None) -> Page:
            if cursor is None:
                self.passes += 1
                if self.passes == 1:
                    return Page(witness=says(d="g"), mentions=(of("group", "x"),), next="2")
                return await App.users(self)
            raise CursorExpired("start again")

    app = Restarting(expected=3, first="abc", second="abc", said=EVERYBODY)
    seals, _, _ = run(app, tmp_path)
    assert seals["group:g/*"][0] is Verdict.COMPLETE
    assert app.calls == []


def test_somebody_who_is_listed_twice_is_believed_the_later_time(tmp_path: Path) -> None:
    class Twice(App):
        @family("users", follows=("groups",), scopes=(USERS,))
        async def users(self, cursor: str | None) -> Page:
            if cursor is None:
                page = await App.users(self)
                return msgspec.structs.replace(page, witness=says(a="g", b="g", c="g"), next="2")
            return Page(items=(user("c"),), witness=says(c=""))

    app = Twice(expected=2, first="ab", second="ab", said=EVERYBODY)
    seals, _, _ = run(app, tmp_path)
    assert seals["group:g/*"][0] is Verdict.COMPLETE
    assert app.calls == []


def state(**its: object) -> ScopeState:
    scope = Scope(name="s", family="f", presumed="nobody knows", fallback="again")
    ready: dict[str, object] = {"key": 1, "definition": scope, "expected": 10, "observed": 8, "counted": 8}
    return msgspec.convert({**ready, "failed": None, "reread": None, **its}, ScopeState, from_attributes=True)


CONTRADICTED: dict[str, object] = {"lacking": (7,), "silent": True, "reread": "done"}


@pytest.mark.parametrize(
    ("its", "again", "seal"),
    [
        ({}, True, Verdict.PARTIAL),
        ({"usual": 1}, True, Verdict.PARTIAL),
        ({"usual": 2}, False, Verdict.UNRECONCILED),
        ({"usual": 9, "observed": 0, "counted": 0}, True, Verdict.PARTIAL),
        ({"usual": 2, "definition": Scope(name="s", family="f", fallback="again")}, True, Verdict.PARTIAL),
        ({"explained": True}, False, Verdict.UNRECONCILED),
        ({"explained": True, "observed": 0, "counted": 0}, True, Verdict.PARTIAL),
        ({"counted": 10}, False, Verdict.COMPLETE),
        ({"counted": 12}, False, Verdict.UNRECONCILED),
        ({"counted": 12, "left_out": 1}, False, Verdict.PARTIAL),
        ({"alike": True, "incomplete": "a row is broken"}, False, Verdict.PARTIAL),
        # A second read lacks somebody whom the first, that is silent about others, names: the count of both together decides.
        ({**CONTRADICTED, "own": True, "counted": 10}, False, Verdict.COMPLETE),
        ({**CONTRADICTED, "own": True, "counted": 9}, False, Verdict.PARTIAL),
        ({**CONTRADICTED, "own": True, "counted": 11}, False, Verdict.PARTIAL),
        ({**CONTRADICTED, "counted": 10}, False, Verdict.PARTIAL),
    ],
)
def test_a_count_is_worth_what_is_known_of_it(its: dict[str, object], again: bool, seal: Verdict) -> None:
    one = state(**its)
    assert to_be_read_again(one) is again
    sealed = verdict(one if not again else msgspec.structs.replace(one, reread="done"))
    assert sealed.seal is seal
    assert seal is Verdict.COMPLETE or sealed.reason
