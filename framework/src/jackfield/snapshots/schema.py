"""The format of a snapshot file: tables for the machine, views for people. Documented in ``docs/reference/snapshot-format.md``.

Rows are keyed by small integers (``node`` and ``entitlement_row`` give them their names), so that a million grants take
some 20 MB and are written in order. Nothing but the primary keys is indexed while writing; ``INDEXES`` and ``VIEWS``
come at the end. Grants are appended to ``grant_page``, a row for each entitlement of a page with the
keys of its principals as a JSON array, and merged in order of their keys when the reads have ended: a commit then costs
as much as its page is long.
"""

FORMAT = 1
"""``PRAGMA user_version`` of the files written here; a higher one is refused."""

APPLICATION_ID = 0x4A41434B
"""``PRAGMA application_id``: the letters JACK."""

TABLES = """
CREATE TABLE header (key TEXT PRIMARY KEY, value TEXT) WITHOUT ROWID;

CREATE TABLE node (key INTEGER PRIMARY KEY, type TEXT NOT NULL, id TEXT NOT NULL);

CREATE TABLE resource_row (
    key INTEGER PRIMARY KEY REFERENCES node,
    scope INTEGER NOT NULL REFERENCES scope_row,
    page INTEGER REFERENCES page_row,
    origin INTEGER REFERENCES origin,
    display_name TEXT NOT NULL,
    data TEXT NOT NULL
);

CREATE TABLE entitlement_row (
    key INTEGER PRIMARY KEY,
    resource INTEGER NOT NULL REFERENCES node,
    slug TEXT NOT NULL,
    scope INTEGER REFERENCES scope_row,
    page INTEGER REFERENCES page_row,
    origin INTEGER REFERENCES origin,
    display_name TEXT,
    data TEXT
);

CREATE TABLE grant_row (
    entitlement INTEGER NOT NULL REFERENCES entitlement_row,
    principal INTEGER NOT NULL REFERENCES node,
    scope INTEGER NOT NULL REFERENCES scope_row,
    page INTEGER REFERENCES page_row,
    origin INTEGER REFERENCES origin,
    detail INTEGER REFERENCES grant_detail,
    PRIMARY KEY (entitlement, principal)
) WITHOUT ROWID;

CREATE TABLE grant_page (
    entitlement INTEGER NOT NULL, scope INTEGER NOT NULL, page INTEGER NOT NULL, detail INTEGER,
    held INTEGER NOT NULL, principals TEXT NOT NULL
);

CREATE TABLE witness_row (page INTEGER PRIMARY KEY REFERENCES page_row, silent INTEGER NOT NULL, data TEXT NOT NULL);

CREATE TABLE mention_row (node INTEGER NOT NULL REFERENCES node, page INTEGER NOT NULL REFERENCES page_row,
    PRIMARY KEY (node, page)) WITHOUT ROWID;

CREATE TABLE asked_row (node INTEGER NOT NULL REFERENCES node, family TEXT NOT NULL, outside INTEGER NOT NULL DEFAULT 0,
    created TEXT, PRIMARY KEY (node, family)) WITHOUT ROWID;

CREATE TABLE vanished_row (node INTEGER PRIMARY KEY REFERENCES node);

CREATE TABLE grant_detail (key INTEGER PRIMARY KEY, data TEXT NOT NULL UNIQUE);

CREATE TABLE origin (key INTEGER PRIMARY KEY, run TEXT NOT NULL UNIQUE, taken TEXT NOT NULL);

CREATE TABLE read_row (
    key INTEGER PRIMARY KEY,
    family TEXT NOT NULL,
    state TEXT NOT NULL,
    cursor TEXT,
    restarts INTEGER NOT NULL DEFAULT 0,
    reread INTEGER NOT NULL DEFAULT 0,
    reason TEXT
);

CREATE TABLE page_row (
    key INTEGER PRIMARY KEY,
    read INTEGER NOT NULL REFERENCES read_row,
    items INTEGER NOT NULL,
    cursor_hash INTEGER,
    stored TEXT NOT NULL,
    incomplete TEXT
);

CREATE TABLE scope_row (
    key INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    definition TEXT NOT NULL,
    rows TEXT NOT NULL,
    expected INTEGER,
    opened_by INTEGER REFERENCES read_row,
    opened_family TEXT,
    opened_pass INTEGER NOT NULL DEFAULT 0,
    read INTEGER REFERENCES read_row,
    reread INTEGER REFERENCES read_row,
    seal TEXT,
    observed INTEGER,
    reason TEXT
);

CREATE TABLE diagnostic (key INTEGER PRIMARY KEY, code TEXT NOT NULL, severity TEXT NOT NULL, summary TEXT NOT NULL,
    path TEXT NOT NULL DEFAULT '', hint TEXT, times INTEGER NOT NULL DEFAULT 1, UNIQUE (code, summary, path));
"""

WORKING_TABLES = ("grant_page", "witness_row", "mention_row", "asked_row", "vanished_row")
"""What only the reading and the sealing need: dropped when the file is closed."""

KEY_INDEXES = """
CREATE UNIQUE INDEX IF NOT EXISTS node_by_id ON node (type, id);
CREATE UNIQUE INDEX IF NOT EXISTS entitlement_by_slug ON entitlement_row (resource, slug);
"""
"""By which keys are found. Made at the end, or earlier where the writer can't remember all keys."""

INDEXES = """
CREATE INDEX grant_by_principal ON grant_row (principal);
"""

VIEWS = """
CREATE VIEW scopes AS
SELECT name AS scope, seal, observed, expected, reason FROM scope_row;

CREATE VIEW resources AS
SELECT n.type, n.id, r.display_name,
       r.data ->> '$.trait.status' AS status,
       r.data ->> '$.trait.login' AS login,
       r.data, s.name AS scope, s.seal, o.run AS carried_from, o.taken AS carried_taken
FROM resource_row r JOIN node n ON n.key = r.key JOIN scope_row s ON s.key = r.scope LEFT JOIN origin o ON o.key = r.origin;

CREATE VIEW entitlements AS
SELECT n.type AS resource_type, n.id AS resource_id, e.slug, e.display_name,
       e.data, s.name AS scope, s.seal, o.run AS carried_from, o.taken AS carried_taken
FROM entitlement_row e JOIN node n ON n.key = e.resource JOIN scope_row s ON s.key = e.scope
     LEFT JOIN origin o ON o.key = e.origin;

CREATE VIEW grants AS
SELECT n.type AS resource_type, n.id AS resource_id, e.slug, p.type AS principal_type, p.id AS principal_id,
       d.data, s.name AS scope, s.seal, o.run AS carried_from, o.taken AS carried_taken
FROM grant_row g JOIN entitlement_row e ON e.key = g.entitlement JOIN node n ON n.key = e.resource
     JOIN node p ON p.key = g.principal JOIN scope_row s ON s.key = g.scope
     LEFT JOIN grant_detail d ON d.key = g.detail LEFT JOIN origin o ON o.key = g.origin;
"""
