"""What changes should do to a team, in plain words of Python: the model beside which the host and the simulator stand.

It knows what Jackfield promises of Dropbox's rules and nothing of how either side works. An outcome is ``changed``,
``already`` or ``refused``; no other is right where nothing is disturbed, and none else where what was lost can be read.
"""

from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any

from jackfield_contracts import Change, CreateAccount, DeleteAccount, GrantAccess, ResourceId, RevokeAccess, RunAction

CHANGED, ALREADY, REFUSED = "changed", "already", "refused"
NEW = "the new one"
"""The id of an account that was just made, until somebody has looked it up."""


@dataclass
class Person:
    """One account."""

    email: str
    status: str
    given: str
    surname: str
    external_id: str | None
    role: str | None
    recoverable: bool = False
    former: dict[str, str] = field(default_factory=lambda: dict[str, str]())

    @property
    def present(self) -> bool:
        """Whether the account is on the team."""
        return self.status != "removed"

    @property
    def known(self) -> bool:
        """Whether the account has its address and its external id for itself."""
        return self.present or self.recoverable


@dataclass
class Group:
    """One group; *members* maps people to member or owner."""

    management: str
    members: dict[str, str]


@dataclass
class Team:
    """People, groups and what may be held; each change is made by ``make``."""

    people: dict[str, Person]
    groups: dict[str, Group]
    admin_role: str
    roles: tuple[str, ...]
    authoriser: str

    @classmethod
    def of(cls, team: Any) -> "Team":
        """The team as the simulator has it."""
        return cls(
            people={
                one.id: Person(
                    one.email,
                    one.status,
                    one.given,
                    one.surname,
                    one.external_id,
                    one.role.id if one.role else None,
                    one.recoverable,
                    # What was held once matters only to who can come back.
                    {group.id: access for group, access in one.former if not group.deleted} if one.recoverable else {},
                )
                for one in team.members
            },
            groups={
                one.id: Group(one.management, {member.id: access for member, access in one.members.items()})
                for one in team.live_groups()
            },
            admin_role=team.admin_role.id,
            roles=tuple(role.id for role in team.roles),
            authoriser=team.authoriser.id,
        )

    def copy(self) -> "Team":
        """One that can be changed without this one."""
        return deepcopy(self)

    def named(self, email: str) -> str | None:
        """Who has an address, those who can be recovered included."""
        return next(
            (id for id, one in self.people.items() if one.known and one.email.casefold() == email.casefold()), None
        )

    def held(self, change: GrantAccess | RevokeAccess) -> str | None:
        """What the principal holds of the entitlements that exclude the one asked for: member, owner, or a role's id."""
        at, who = change.entitlement.resource, change.principal.id
        if at.type == "role":
            return self.people[who].role if who in self.people and self.people[who].present else None
        return self.groups[at.id].members.get(who) if at.id in self.groups else None

    def footing(self, change: Change) -> tuple[object, ...]:
        """What a plan of *change* stands on, so that it has to be refused once this is another."""
        if isinstance(change, CreateAccount):
            who = self.named(str(change.arguments["email"]))
        elif isinstance(change, GrantAccess | RevokeAccess):
            who = change.principal.id
        else:
            who = change.account.id if change.account else None
        one = self.people.get(who or "")
        about: tuple[object, ...] = (who, one.status) if one else (None, None)
        if isinstance(change, GrantAccess | RevokeAccess):
            return (*about, self.held(change))
        if isinstance(change, RunAction) and one is not None:
            values = {
                "given_name": one.given,
                "surname": one.surname,
                "email": one.email,
                "external_id": one.external_id,
            }
            return (*about, *(values[name] for name in sorted(change.arguments) if name in values))
        return about

    def make(self, change: Change) -> str:
        """Make *change* if that can be; the outcome."""
        return _RULES[type(change)](self, change)

    def outcome(self, change: Change) -> str:
        """The outcome that ``make`` would have."""
        return self.copy().make(change)

    def is_last_admin(self, id: str) -> bool:
        """Whether the team has no other active administrator."""
        admins = [who for who, one in self.people.items() if one.role == self.admin_role and one.status == "active"]
        return admins == [id]

    def leave_groups(self, id: str) -> None:
        """Take somebody out of all groups."""
        for group in self.groups.values():
            group.members.pop(id, None)

    def enter_groups(self, id: str, others: dict[str, str]) -> None:
        """Put somebody into the groups that hold everybody, and into *others* that are there still."""
        for name, group in self.groups.items():
            if group.management == "system_managed":
                group.members[id] = "member"
            elif name in others:
                group.members[id] = others[name] if group.management == "user_managed" else "member"


def _grant(team: Team, change: GrantAccess) -> str:
    at, slug, who = change.entitlement.resource, change.entitlement.slug, change.principal.id
    one, held = team.people.get(who), team.held(change)
    if at.type == "role":
        if held == at.id:
            return ALREADY
        last = team.is_last_admin(who)
        if one is None or one.status != "active" or (held is not None and not change.replace) or last:
            return REFUSED
        one.role = at.id
        return CHANGED
    group = team.groups.get(at.id)
    if group is None or (slug == "owner" and group.management != "user_managed"):
        return REFUSED
    if held == slug or held == "owner":
        return ALREADY
    if one is None or not one.present or group.management == "system_managed":
        return REFUSED
    if slug == "owner" and one.status != "active":
        return REFUSED
    group.members[who] = slug
    return CHANGED


def _revoke(team: Team, change: RevokeAccess) -> str:
    at, slug, who = change.entitlement.resource, change.entitlement.slug, change.principal.id
    held = team.held(change)
    if who not in team.people:
        return REFUSED  # nothing tells that there ever was such a person
    if at.type == "role":
        if held != at.id:
            return ALREADY
        one = team.people[who]
        if one.status != "active" or team.is_last_admin(who):
            return REFUSED
        one.role = None
        return CHANGED
    group = team.groups.get(at.id)
    if group is None or (slug == "owner" and group.management != "user_managed"):
        return REFUSED
    if held != slug:
        return REFUSED if held == "owner" else ALREADY
    if group.management == "system_managed":
        return REFUSED
    if slug == "owner":
        group.members[who] = "member"
    else:
        del group.members[who]
    return CHANGED


def _create(team: Team, change: CreateAccount) -> str:
    values: dict[str, Any] = dict(change.arguments)
    who = team.named(values["email"])
    if who is not None:
        return ALREADY if team.people[who].status in ("active", "invited") else REFUSED
    external_id = values.get("external_id")
    if external_id and any(one.known and one.external_id == external_id for one in team.people.values()):
        return REFUSED
    team.people[NEW] = Person(
        values["email"],
        "invited",
        values.get("given_name", ""),
        values.get("surname", ""),
        external_id or None,
        values.get("role"),
    )
    team.enter_groups(NEW, {})
    for group in values.get("groups", ()):
        team.groups[group].members.setdefault(NEW, "member")
    return CHANGED


def _delete(team: Team, change: DeleteAccount) -> str:
    who, values = change.account.id, change.arguments
    one = team.people.get(who)
    if one is None:
        return REFUSED  # nothing tells that there ever was such a person
    if not one.present:
        return ALREADY
    wipe, keep = bool(values.get("wipe_data")), bool(values.get("keep_account"))
    erase, heir, admin = values.get("permanently_delete_files"), values.get("transfer_to"), values.get("transfer_admin")
    invited = one.status == "invited"
    if (keep and (wipe or erase or heir or invited)) or (erase and heir):
        return REFUSED
    if heir is not None and not _can_inherit(team, who, str(heir), str(admin)):
        return REFUSED
    if team.is_last_admin(who):
        return REFUSED
    authoriser = team.people[team.authoriser]
    if keep and (authoriser.role != team.admin_role or authoriser.status != "active"):
        return REFUSED
    one.recoverable = not (keep or erase or heir or invited)
    one.former = {
        id: group.members[who]
        for id, group in team.groups.items()
        if one.recoverable and who in group.members and group.management != "system_managed"
    }
    team.leave_groups(who)
    one.status, one.role = "removed", None
    return CHANGED


def _can_inherit(team: Team, who: str, heir: str, admin: str) -> bool:
    if heir not in team.people or admin not in team.people or who in (heir, admin):
        return False
    to, by = team.people[heir], team.people[admin]
    return to.status in ("active", "suspended") and by.status == "active" and by.role == team.admin_role


def _act(team: Team, change: RunAction) -> str:
    who = change.account.id if change.account else ""
    one = team.people.get(who)
    if one is None:
        return REFUSED
    return _ACTIONS[change.name](team, who, one, dict(change.arguments))


def _enable(team: Team, who: str, one: Person, values: dict[str, Any]) -> str:
    if one.status != "suspended":
        return ALREADY if one.status == "active" else REFUSED
    one.status = "active"
    return CHANGED


def _disable(team: Team, who: str, one: Person, values: dict[str, Any]) -> str:
    if one.status != "active":
        return ALREADY if one.status == "suspended" else REFUSED
    if team.is_last_admin(who):
        return REFUSED
    one.status, one.role = "suspended", None
    for group in team.groups.values():
        if who in group.members:
            group.members[who] = "member"
    return CHANGED


def _recover(team: Team, who: str, one: Person, values: dict[str, Any]) -> str:
    if one.status == "active":
        return ALREADY
    if not one.recoverable:
        return REFUSED
    team.enter_groups(who, one.former)
    one.status, one.recoverable, one.former = "active", False, {}
    return CHANGED


def _set_profile(team: Team, who: str, one: Person, values: dict[str, Any]) -> str:
    now = {"given_name": one.given, "surname": one.surname, "email": one.email, "external_id": one.external_id or ""}
    wanted = {name: value for name, value in values.items() if name in now}
    if all(value.casefold() == now[name].casefold() for name, value in wanted.items()):
        return ALREADY
    if not one.present:
        return REFUSED
    others = [each for id, each in team.people.items() if id != who and each.known]
    if any(each.email.casefold() == wanted.get("email", "").casefold() for each in others):
        return REFUSED
    if wanted.get("external_id") and any(each.external_id == wanted["external_id"] for each in others):
        return REFUSED
    one.given, one.surname = wanted.get("given_name", one.given), wanted.get("surname", one.surname)
    one.email = wanted.get("email", one.email)
    one.external_id = wanted.get("external_id", one.external_id) or None
    return CHANGED


_ACTIONS: dict[str, Callable[[Team, str, Person, dict[str, Any]], str]] = {
    "enable_user": _enable,
    "disable_user": _disable,
    "recover_user": _recover,
    "set_profile": _set_profile,
}
_RULES: dict[type, Callable[[Team, Any], str]] = {
    GrantAccess: _grant,
    RevokeAccess: _revoke,
    CreateAccount: _create,
    DeleteAccount: _delete,
    RunAction: _act,
}


def user(id: str) -> ResourceId:
    """The account as a resource."""
    return ResourceId(type="user", id=id)
