"""Changes: what may be asked of an application, the state by which it is judged, and what became of it."""

from enum import StrEnum

import msgspec

from jackfield_contracts.arguments import Argument, Confirmation, Value
from jackfield_contracts.checks import Permission
from jackfield_contracts.grants import Entitlement
from jackfield_contracts.ids import EntitlementId, GrantId, ResourceId, TypeName
from jackfield_contracts.resources import AccountStatus
from jackfield_contracts.since import since

__all__ = [
    "AccessState",
    "AccountState",
    "Action",
    "ActionKind",
    "Change",
    "CreateAccount",
    "DeleteAccount",
    "GrantAccess",
    "JournalEntry",
    "JournalStatus",
    "Outcome",
    "OutcomeKind",
    "Plan",
    "PlannedChange",
    "RevokeAccess",
    "RunAction",
    "StateQuery",
    "TargetState",
]


class ActionKind(StrEnum):
    """What an action is for governance."""

    ENABLE_ACCOUNT = "enable_account"
    DISABLE_ACCOUNT = "disable_account"
    RECOVER_ACCOUNT = "recover_account"
    UPDATE_ACCOUNT = "update_account"
    NOTIFY = "notify"
    OTHER = "other"


@since(1, 1, acts_on=(1, 3), ends=(1, 3))
class Action(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A custom operation that a connector offers.

    ``account`` names the argument that says whose account it is about. ``leads_to`` lists the statuses of that account
    by which it is known to be done. ``warning`` is shown before a ``destructive`` action and asked about, but where an
    argument has the value of ``warning_unless``.

    ``acts_on`` lists the statuses in which an account must be; empty, any will do. The host refuses it for others, which is
    what the application would do. ``ends`` names entitlements, as TYPE/SLUG such as *group/owner*, that the account holds no
    more once it is done, and that no other action gives back: people are told before which of them the account has.
    """

    name: str
    description: str
    kind: ActionKind = ActionKind.OTHER
    arguments: tuple[Argument, ...] = ()
    results: tuple[Argument, ...] = ()
    account: str | None = None
    acts_on: tuple[AccountStatus, ...] = ()
    leads_to: tuple[AccountStatus, ...] = ()
    ends: tuple[str, ...] = ()
    confirmed_by: Confirmation = Confirmation.READ
    destructive: bool = False
    warning: str | None = None
    warning_unless: dict[str, Value] = {}
    permissions: tuple[Permission, ...] = ()


@since(1, 1)
class GrantAccess(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag_field="kind", tag="grant"):
    """Let a principal hold an entitlement. ``replace``: also where it takes the place of another that excludes it."""

    entitlement: EntitlementId
    principal: ResourceId
    replace: bool = False


@since(1, 1)
class RevokeAccess(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag_field="kind", tag="revoke"):
    """Let a principal hold an entitlement no more."""

    entitlement: EntitlementId
    principal: ResourceId


@since(1, 1)
class CreateAccount(
    msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag_field="kind", tag="create_account"
):
    """Make an account of a resource type, or invite somebody to one."""

    type: TypeName = "user"
    arguments: dict[str, Value] = {}


@since(1, 1)
class DeleteAccount(
    msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag_field="kind", tag="delete_account"
):
    """Take an account away."""

    account: ResourceId
    arguments: dict[str, Value] = {}


@since(1, 1)
class RunAction(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag_field="kind", tag="action"):
    """Run an action by its name; ``account`` is the one that it is about, once it is known."""

    name: str
    arguments: dict[str, Value] = {}
    account: ResourceId | None = None


Change = GrantAccess | RevokeAccess | CreateAccount | DeleteAccount | RunAction


@since(1, 1, known=(1, 3), known_grants=(1, 3))
class StateQuery(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What to read: principals, people by ``names`` (login, e-mail, external id), and what ``resources`` offer them.

    ``known`` is how many resources of each type the last published snapshot has, ``known_grants`` how many grants; empty and
    None where there is none. A connector that looks for what is asked in a whole listing can tell by them that it is short.
    """

    principals: tuple[ResourceId, ...] = ()
    names: tuple[str, ...] = ()
    resources: tuple[ResourceId, ...] = ()
    known: dict[str, int] = {}
    known_grants: int | None = None


@since(1, 1, names=(1, 3))
class AccountState(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One account as the application shows it now. ``asked`` is the name by which it was asked for.

    ``facts`` are what arguments can set, under the names of ``Argument.sets``. ``names`` are all texts by which the
    application knows the person beside id and login: further addresses, external ids.
    """

    account: ResourceId
    asked: str | None = None
    status: AccountStatus = AccountStatus.UNKNOWN
    status_raw: str = ""
    login: str | None = None
    display_name: str = ""
    facts: dict[str, Value] = {}
    names: tuple[str, ...] = ()


@since(1, 1, unreadable=(1, 3), as_of=(1, 3), sources=(1, 3))
class AccessState(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a read found. Principals, names and resources that are not in it are not in the application, or ``unreadable``.

    ``entitlements`` are all that the resources offer, and what else ``held`` names. ``held`` has every grant of the
    principals, and of who was found by name, on those resources, and on others whose entitlements exclude theirs.

    ``unreadable`` says why the answer about something can't be understood, and where it stands: by ``str`` of the principal
    or resource, by the name, or by ``RESOURCE#PRINCIPAL`` for whether the one is held by the other. ``as_of`` says under the
    same keys since when the answer stands (UTC, ISO 8601), where that may be earlier than the reading, as of a file.
    ``sources`` says when each source that was asked was written, by its name, as ``Page.as_of`` does.
    """

    accounts: tuple[AccountState, ...] = ()
    entitlements: tuple[Entitlement, ...] = ()
    held: tuple[GrantId, ...] = ()
    unreadable: dict[str, str] = {}
    as_of: dict[str, str] = {}
    sources: dict[str, str] = {}
    request_ids: tuple[str, ...] = ()


class OutcomeKind(StrEnum):
    """What became of a change."""

    CHANGED = "changed"
    ALREADY = "already"
    PENDING = "pending"
    REFUSED = "refused"
    FAILED = "failed"
    UNVERIFIED = "unverified"


@since(1, 1, understood=(1, 3))
class Outcome(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The one end of a change, with a sentence for people and the application's own ``tag``.

    A connector says what the application answered; the host adds ``confirmed_by``. ``job`` is what ``job_status`` takes
    to say more of a *pending* one. ``account`` is the account made or found. Where an answer was not ``understood``, it
    decides nothing: the host reads for as long as a read may lag, and the change is *failed* only if none shows it made.
    """

    outcome: OutcomeKind
    reason: str | None = None
    tag: str | None = None
    retryable: bool = False
    understood: bool = True
    job: str | None = None
    account: ResourceId | None = None
    results: dict[str, Value] = {}
    confirmed_by: Confirmation | None = None
    request_ids: tuple[str, ...] = ()


@since(1, 1, login=(1, 3))
class TargetState(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The part of a state that one change is about: the account, and what it holds of what the change names.

    ``login`` tells later who has come in the place of an account that is gone.
    """

    exists: bool
    account: ResourceId | None = None
    status: AccountStatus | None = None
    status_raw: str = ""
    held: tuple[EntitlementId, ...] = ()
    facts: dict[str, Value] = {}
    login: str | None = None


@since(
    1,
    1,
    limit=(1, 2),
    effects=(1, 3),
    reason=(1, 3),
    leaves=(1, 3),
    ends=(1, 3),
    consequences=(1, 3),
    names=(1, 3),
)
class PlannedChange(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A change with what is expected of it. ``before`` is the state that it was planned on, and its precondition.

    ``title`` says it in words. ``replaces`` are entitlements that go by it. ``kinds`` are those that limits count.
    ``effects`` are what it does beside that can't be taken back, such as *wipes devices*.
    ``follows``: the forecast says that it is not to be made, but a change before it in the plan may alter that.
    ``limit`` is why a limit kept it from being made when it was planned; later, or with a higher limit, it may be.
    ``reason`` is why this one is asked for, None where no reason of its own was given.

    ``leaves`` are entitlements that are held in the place of what is taken, ``ends`` those that go for good beside what is
    asked for, as far as the last snapshot shows them, and ``consequences`` says in sentences what else it brings.
    ``names`` are those of what it is about, by identifier.
    """

    id: str
    change: Change
    title: str
    forecast: Outcome
    before: TargetState
    follows: bool = False
    limit: str | None = None
    replaces: tuple[EntitlementId, ...] = ()
    kinds: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    effects: tuple[str, ...] = ()
    reason: str | None = None
    leaves: tuple[EntitlementId, ...] = ()
    ends: tuple[EntitlementId, ...] = ()
    consequences: tuple[str, ...] = ()
    names: dict[str, str] = {}


@since(1, 1, tenant=(1, 3), warnings=(1, 3))
class Plan(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Changes worked out and shown before they are made. ``blast_radius`` counts those that would be made, by kind.

    ``tenant`` is the id of the account that it was made on, None where that is not known. ``warnings`` are about all of it.
    """

    id: str
    connection: str
    connector: str
    created: str
    changes: tuple[PlannedChange, ...]
    blast_radius: dict[str, int] = {}
    limits: dict[str, int] = {}
    tenant: str | None = None
    warnings: tuple[str, ...] = ()


class JournalStatus(StrEnum):
    """How far a change is: its intent is written, it goes on in the application, or its outcome is known."""

    INTENT = "intent"
    PENDING = "pending"
    SETTLED = "settled"


@since(
    1,
    1,
    tenant=(1, 3),
    effects=(1, 3),
    lost=(1, 3),
    leaves=(1, 3),
    ends=(1, 3),
    consequences=(1, 3),
    names=(1, 3),
)
class JournalEntry(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One change in the journal: who, why, when, of which plan, the state before and after, and the outcome.

    ``tenant`` is the id of the account that it was asked of, None where that is not known. Until its status is *settled*,
    ``outcome`` is what the application answered, and not yet what became of it. ``lost``: an answer to it was lost, so that
    an earlier call may have made it. ``effects``, ``leaves``, ``ends``, ``consequences`` and ``names`` are those of the plan.
    """

    id: str
    connection: str
    connector: str
    change: Change
    title: str
    status: JournalStatus
    intended: str
    before: TargetState
    kinds: tuple[str, ...] = ()
    after: TargetState | None = None
    outcome: Outcome | None = None
    settled: str | None = None
    reason: str | None = None
    actor: str | None = None
    plan: str | None = None
    tenant: str | None = None
    effects: tuple[str, ...] = ()
    lost: bool = False
    leaves: tuple[EntitlementId, ...] = ()
    ends: tuple[EntitlementId, ...] = ()
    consequences: tuple[str, ...] = ()
    names: dict[str, str] = {}
