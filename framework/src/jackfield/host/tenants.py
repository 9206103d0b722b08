"""Whose account of the application a connection reaches, and whether it is the one that the connection is for.

Promises that what was meant for one account is not done in another, and that an account that can't be known is no
agreement: whatever writes is then refused where there is something to compare with.
"""

from itertools import chain

import msgspec

from jackfield.errors import JackfieldError, MissingPermission, OtherTenant, PlanOutdated, Refused, Unsupported
from jackfield.host.connection import Connection
from jackfield.state import State
from jackfield.state.journal_filter import JournalFilter
from jackfield_contracts import Tenant

MOST_RUNS = 100
"""Published snapshots among which the latest that knows its account is looked for."""


class TenantMatch(msgspec.Struct, frozen=True, kw_only=True):
    """The account that is reached (``now``), that of the snapshots (``known``), and the one that a person ``accepted``.

    None is unknown. ``why`` and ``permission`` say why that of now is.
    """

    now: Tenant | None = None
    known: str | None = None
    accepted: str | None = None
    why: str | None = None
    permission: str | None = None

    @property
    def id(self) -> str | None:
        """The id of the account that is reached, None where it is not known."""
        return self.now.id if self.now is not None else None

    @property
    def moved(self) -> bool:
        """Whether the snapshots are of another account than the one that is reached."""
        return self.now is not None and self.known not in (None, self.now.id)

    def is_of(self, tenant: str | None) -> bool:
        """Whether what was done in *tenant* was done in the account that is reached; unknown ones count as the same."""
        return tenant in (None, self.id) or (self.now is None and tenant == self.accepted)


def known_tenant(state: State, connection: str) -> str | None:
    """The account that the snapshots of *connection* are of, by the latest published one that knows; None if none does.

    Where no snapshot tells, the account in which it made its latest change: a connection without one may have moved too.
    """
    of_snapshots = (run.tenant for run in state.published(connection, MOST_RUNS))
    of_changes = (entry.tenant for entry in state.each_change(JournalFilter(connection=connection), limit=MOST_RUNS))
    return next((tenant for tenant in chain(of_snapshots, of_changes) if tenant is not None), None)


async def match_tenant(
    connection: Connection, *, known: str | None, accepted: str | None, planned: str | None
) -> TenantMatch:
    """Ask whose account is reached; one request at most where the connector has the hook for it.

    Without that hook, its check tells, and is asked only where there is something to compare with.
    """
    tenant_match = TenantMatch(known=known, accepted=accepted)
    try:
        if connection.implements("tenant"):
            now = await connection.tenant()
        elif (known, accepted, planned) != (None, None, None) and connection.implements("check"):
            now = (await connection.check()).tenant
        else:
            now = None
    except MissingPermission as error:
        return msgspec.structs.replace(tenant_match, why=error.summary, permission=error.permission)
    except (Refused, Unsupported) as error:
        return msgspec.structs.replace(tenant_match, why=error.summary)
    if now is None:
        return msgspec.structs.replace(
            tenant_match, why=f"the connector {connection.plugin.name!r} does not say which account it is"
        )
    return msgspec.structs.replace(tenant_match, now=now)


def demand_tenant(tenant_match: TenantMatch, connection: str, *, planned: str | None = None, writes: bool) -> None:
    """Raise unless the account that is reached is that of the plan, of the snapshots, or the one that was accepted.

    PlanOutdated for a plan of another account, OtherTenant for any other difference. Where it is not known whose account
    is reached, what *writes* raises MissingPermission or Unsupported, unless a person vouches for it by accepting it.
    """
    now = tenant_match.now
    if now is None:
        _demand_unknown(tenant_match, connection, planned=planned, writes=writes)
        return
    reached = tenant_name(now)
    if planned not in (None, now.id):
        raise PlanOutdated(
            f"the plan was made for the account {planned}, and the connection reaches {reached}",
            connection=connection,
            hint="Sign in to the account that it was made for, or make a plan for this one.",
        )
    if tenant_match.accepted not in (None, now.id):
        raise OtherTenant(
            f"the connection reaches {reached}, and --accept-tenant says {tenant_match.accepted}",
            connection=connection,
            hint="Look at the address and the credentials of the connection. Nothing was changed.",
        )
    if tenant_match.moved and tenant_match.accepted is None:
        raise other_tenant(now, tenant_match.known or "", connection)


def other_tenant(now: Tenant, known: str, connection: str, *, command: str | None = None) -> OtherTenant:
    """The error for a connection that reaches the account *now*, while its snapshots are of the account *known*.

    *command* accepts it, where the one that was given does not.
    """
    option = f"--accept-tenant {now.id}"
    return OtherTenant(
        f"the connection now reaches {tenant_name(now)}, its snapshots and changes are of {known}",
        connection=connection,
        hint="Sign in to the same account as before, or name another connection for this one. If the move is meant,"
        f" say {option if command is None else f'`{command} {option}`'}.",
    )


def tenant_name(tenant: Tenant) -> str:
    """An account for people: its name and id."""
    return f"{tenant.name or 'another account'} ({tenant.id})"


def warning_about(tenant_match: TenantMatch) -> str | None:
    """What a person should know where it can't be told whose account is reached; None where that does not matter."""
    if tenant_match.now is not None or (tenant_match.permission is None and tenant_match.known is None):
        return None
    beside = f"; its snapshots and changes are of {tenant_match.known}" if tenant_match.known else ""
    return f"whose account the connection reaches is not known: {tenant_match.why}{beside}"


def _demand_unknown(tenant_match: TenantMatch, connection: str, *, planned: str | None, writes: bool) -> None:
    of = [
        f"{what} {id}"
        for what, id in (("the plan is for", planned), ("its snapshots and changes are of", tenant_match.known))
        if id
    ]
    if not writes or not of or {planned, tenant_match.known, None} == {tenant_match.accepted, None}:
        return
    summary = f"whose account the connection reaches can't be known, and {', '.join(of)}: {tenant_match.why}"
    hint = f"If you know that it is that account, say --accept-tenant {planned or tenant_match.known}."
    error: JackfieldError = (
        MissingPermission(
            summary,
            permission=tenant_match.permission,
            hint=f"Grant the permission {tenant_match.permission} to the credentials. {hint}",
        )
        if tenant_match.permission is not None
        else Unsupported(summary, hint=hint)
    )
    raise error.locate(connection=connection)
