"""Small snapshot files for tests, written straight into the format."""

from collections.abc import Collection, Iterable, Mapping
from pathlib import Path

from jackfield.snapshots.file import create_partial
from jackfield.snapshots.rows import encode_entitlement, encode_grant, encode_resource
from jackfield.snapshots.schema import INDEXES, KEY_INDEXES, VIEWS
from jackfield_contracts import (
    AccountStatus,
    Email,
    Entitlement,
    EntitlementId,
    Grant,
    GroupTrait,
    Item,
    Resource,
    ResourceId,
    Seal,
    UserTrait,
    Verdict,
)

TAKEN = "2026-11-20T10:00:00+00:00"


def user(
    id: str,
    name: str | None = None,
    *,
    status: AccountStatus = AccountStatus.ENABLED,
    emails: tuple[str, ...] | None = None,
    login: str | None = None,
) -> Resource:
    """A user; its e-mail is made of its id unless told otherwise."""
    given = (f"{id}@example.com",) if emails is None else emails
    addresses = tuple(Email(address=address, primary=at == 0) for at, address in enumerate(given))
    trait = UserTrait(status=status, status_raw=status.value, emails=addresses, login=login)
    return Resource(id=ResourceId(type="user", id=id), scope="user", display_name=name or id.title(), trait=trait)


def group(id: str, name: str | None = None, *, members: int | None = None) -> Resource:
    """A group."""
    trait = GroupTrait(member_count=members)
    return Resource(id=ResourceId(type="group", id=id), scope="group", display_name=name or id.title(), trait=trait)


def app(id: str, name: str | None = None) -> Resource:
    """An application, without a trait."""
    return Resource(id=ResourceId(type="app", id=id), scope="app", display_name=name or id.title())


def offers(text: str, name: str = "Member", *, privileged: bool = False) -> Entitlement:
    """The entitlement *text* (``type:id/slug``)."""
    id = EntitlementId.parse(text)
    return Entitlement(id=id, scope=id.resource.type, display_name=name, privileged=privileged)


def holds(
    principal: str,
    entitlement: str,
    *,
    inherited_by: tuple[str, ...] = (),
    scope: str | None = None,
    immutable: str | None = None,
) -> Grant:
    """*principal* (``type:id``) holds *entitlement*; its scope is the grants on that resource unless given."""
    id = EntitlementId.parse(entitlement)
    return Grant(
        entitlement=id,
        principal=ResourceId.parse(principal),
        scope=scope or f"{id.resource}/*",
        inherited_by=inherited_by,
        immutable=immutable,
    )


def build_snapshot(
    file: Path,
    items: Iterable[Item],
    *,
    run: str = "run-1",
    seals: Mapping[str, Verdict] = {},
    carried: Mapping[str, str] = {},
    carried_rows: Collection[Item] = (),
    header: Mapping[str, str] = {},
    failed_families: Iterable[str] = (),
    opened: Mapping[str, str] = {},
) -> Path:
    """Write the snapshot *file* with *items*; scopes not in *seals* are complete.

    *carried* maps names of scopes to the run from which all their rows were carried forward; *carried_rows* are single ones,
    from the run ``run-0``. *opened* maps names of
    scopes to the family whose read opened them, *failed_families* are families of which a read failed.
    """
    file.parent.mkdir(parents=True, exist_ok=True)
    rows = list(items)
    db = create_partial(file)
    db.execute("BEGIN")
    for family in failed_families:
        db.execute("INSERT INTO read_row (family, state, reason) VALUES (?, 'failed', 'it failed')", (family,))
    nodes: dict[ResourceId, int] = {}
    keys: dict[EntitlementId, int] = {}
    scopes: dict[str, int] = {}
    origins: dict[str, int] = {}

    def scope(name: str) -> int:
        if name not in scopes:
            verdict = seals.get(name, Verdict.COMPLETE)
            seal = Seal(scope=name, seal=verdict, observed=0, reason=None if verdict.whole else "the read failed")
            scopes[name] = len(scopes) + 1
            definition = '{"name":"","family":""}'
            db.execute(
                "INSERT INTO scope_row (key, name, definition, rows, seal, observed, reason, opened_family)"
                " VALUES (?, ?, ?, 'grants', ?, 0, ?, ?)",
                (scopes[name], name, definition, seal.seal.value, seal.reason, opened.get(name)),
            )
        return scopes[name]

    def node(id: ResourceId) -> int:
        if id not in nodes:
            nodes[id] = len(nodes) + 1
            db.execute("INSERT INTO node VALUES (?, ?, ?)", (nodes[id], id.type, id.id))
        return nodes[id]

    def entitlement(id: EntitlementId) -> int:
        if id not in keys:
            keys[id] = len(keys) + 1
            db.execute(
                "INSERT INTO entitlement_row (key, resource, slug) VALUES (?, ?, ?)",
                (keys[id], node(id.resource), id.slug),
            )
        return keys[id]

    def origin(row: Item) -> int | None:
        source = "run-0" if row in carried_rows else carried.get(row.scope)
        if source is None:
            return None
        if source not in origins:
            origins[source] = len(origins) + 1
            db.execute("INSERT INTO origin VALUES (?, ?, ?)", (origins[source], source, TAKEN))
        return origins[source]

    for name in seals:
        scope(name)
    for row in rows:
        own, source = scope(row.scope), origin(row)
        if isinstance(row, Resource):
            db.execute(
                "INSERT INTO resource_row VALUES (?, ?, NULL, ?, ?, ?)",
                (node(row.id), own, source, row.display_name, encode_resource(row)),
            )
        elif isinstance(row, Entitlement):
            db.execute(
                "UPDATE entitlement_row SET scope = ?, origin = ?, display_name = ?, data = ? WHERE key = ?",
                (own, source, row.display_name, encode_entitlement(row), entitlement(row.id)),
            )
        else:
            detail = encode_grant(row)
            db.execute("INSERT OR IGNORE INTO grant_detail (data) SELECT ? WHERE ? IS NOT NULL", (detail, detail))
            db.execute(
                "INSERT INTO grant_row VALUES (?, ?, ?, NULL, ?, (SELECT key FROM grant_detail WHERE data = ?))",
                (entitlement(row.entitlement), node(row.principal), own, source, detail),
            )
    whole = all(verdict.whole for verdict in seals.values())
    entries = {
        "connection": "acme",
        "connector": "imaginary",
        "connector_version": "1.2.3",
        "contracts_version": "0.1.0",
        "host_version": "0.1.0",
        "run": run,
        "tenant": "team-1",
        "tenant_name": "Acme",
        "started": "2026-11-23T09:59:58+00:00",
        "taken": "2026-11-23T10:00:00+00:00",
        "complete": "1" if whole else "0",
        "status": "published",
        "requests": "7",
        "rereads": "0",
    } | dict(header)
    db.executemany("INSERT INTO header VALUES (?, ?)", entries.items())
    db.execute("COMMIT")
    db.executescript(KEY_INDEXES + INDEXES + VIEWS)
    db.execute("PRAGMA journal_mode = DELETE")
    db.close()
    return file


__all__ = ["TAKEN", "app", "build_snapshot", "group", "holds", "offers", "user"]
