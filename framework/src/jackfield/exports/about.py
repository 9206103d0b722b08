"""What an export says of itself beside its rows: whence it is, how much of it there is, and what is not complete."""

from typing import Any

from jackfield.hookspecs import Export


def about(export: Export) -> dict[str, Any]:
    """The facts of the snapshot and of what was looked up beside it, in the order in which they are told."""
    facts, sign_ins = export.snapshot, export.sign_ins
    return {
        "connection": export.connection,
        "run": facts.run,
        "complete": facts.complete,
        "connector": facts.connector,
        "connector_version": facts.connector_version,
        "host_version": export.host_version,
        "tenant": facts.tenant,
        "tenant_name": facts.tenant_name,
        "started": facts.started,
        "taken": facts.taken,
        "snapshot_sha256": facts.file_sha256,
        "counts": {"resources": facts.resources, "entitlements": facts.entitlements, "grants": facts.grants},
        "carried": facts.carried,
        "scopes": facts.scopes,
        "not_complete": facts.not_complete,
        "notes": facts.notes,
        "imported": (
            {"from": facts.imported_from, "format": facts.imported_format, "sha256": facts.imported_sha256}
            if facts.imported_from is not None
            else None
        ),
        "first_seen_from": facts.first_seen_from,
        "sign_ins_known": (
            {"from": sign_ins.known_from, "until": sign_ins.known_until} if sign_ins is not None else None
        ),
        "exported": export.clock.now(),
    }
