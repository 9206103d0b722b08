"""Changes that are chosen at random: by a kind and a number, which shrink to fewer steps and reach all there is."""

import random
from collections.abc import Collection, Iterable

from harness.expected import Team, user

from jackfield_contracts import (
    Change,
    CreateAccount,
    DeleteAccount,
    EntitlementId,
    GrantAccess,
    ResourceId,
    RevokeAccess,
    RunAction,
    Value,
)

NOBODY = "dbmid:AAnobody"
NO_GROUP = "g:00000000000000000000000000000000"

Drawn = tuple[str, int]
"""A kind of change, and the number that chooses one of it."""


class _Choice:
    """Chooses what makes sense on the team that the model has, mostly."""

    def __init__(self, model: Team, seed: int, focus: Collection[str]) -> None:
        self._model = model
        self._rng = random.Random(seed)
        self._focus = focus

    def change(self, kind: str) -> Change:
        """A change of this kind, about what is in focus if anything is."""
        if kind.endswith("group"):
            return self._in_group(kind)
        if kind.endswith("role"):
            return self._of_role(kind)
        if kind == "create":
            return CreateAccount(arguments=self._newcomer())
        if kind == "delete":
            return DeleteAccount(account=self._person("active", "active", "invited"), arguments=self._terms())
        fit = {"enable": "suspended", "disable": "active", "recover": "removed", "set profile": "active"}[kind]
        person = self._person(fit)
        if kind == "set profile":
            return RunAction(
                name="set_profile", account=person, arguments={"user_id": person.id, **self._profile(person.id)}
            )
        arguments: dict[str, Value] = {"user_id": person.id}
        if kind == "disable":
            arguments["wipe_data"] = self._rng.random() < 0.5
        return RunAction(name=f"{kind}_user", account=person, arguments=arguments)

    def _person(self, *statuses: str) -> ResourceId:
        """Mostly somebody of whom it makes sense, sometimes anybody, seldom nobody."""
        people = self._model.people
        near = sorted(id for id in people if id in self._focus)
        if near and self._rng.random() < 0.9:
            return user(self._rng.choice(near))
        status = self._rng.choice(statuses) if statuses else ""
        fit = sorted(id for id, one in people.items() if one.status == status)
        if fit and self._rng.random() < 0.7:
            return user(self._rng.choice(fit))
        return user(NOBODY if self._rng.random() < 0.05 else self._rng.choice(sorted(people)))

    def _within(self, ids: Iterable[str]) -> list[str]:
        """Those of *ids* that are in focus; all if none is."""
        found = sorted(ids)
        return [id for id in found if id in self._focus] or found

    def _in_group(self, kind: str) -> Change:
        id = NO_GROUP if self._rng.random() < 0.05 else self._rng.choice(self._within(self._model.groups))
        person, slug = self._person(), self._rng.choice(["member", "owner"])
        members = self._model.groups[id].members if id in self._model.groups else {}
        if kind == "grant group":
            outside = self._within(one for one in self._model.people if one not in members)
            if outside and not self._focus and self._rng.random() < 0.4:
                person = user(self._rng.choice(outside))
        elif members and self._rng.random() < 0.7:
            one = self._rng.choice(self._within(members))
            person, slug = user(one), members[one] if self._rng.random() < 0.8 else slug
        at = EntitlementId(resource=ResourceId(type="group", id=id), slug=slug)
        form = GrantAccess if kind == "grant group" else RevokeAccess
        return form(entitlement=at, principal=person)

    def _of_role(self, kind: str) -> Change:
        person, role = self._person("active"), self._rng.choice(self._model.roles)
        if kind == "revoke role" and self._rng.random() < 0.7:
            holders = self._within(id for id, one in self._model.people.items() if one.role)
            if holders:
                person = user(self._rng.choice(holders))
                role = self._model.people[person.id].role or role
        at = EntitlementId(resource=ResourceId(type="role", id=role), slug="member")
        if kind == "revoke role":
            return RevokeAccess(entitlement=at, principal=person)
        return GrantAccess(entitlement=at, principal=person, replace=self._rng.random() < 0.5)

    def _newcomer(self) -> dict[str, Value]:
        emails = sorted(one.email for one in self._model.people.values())
        given: dict[str, Value] = {
            "email": self._rng.choice([*(f"new{number}@team.example" for number in range(9)), *emails])
        }
        if self._rng.random() < 0.5:
            given |= {"given_name": "Zoë", "surname": "O'Brien"}
        if self._rng.random() < 0.3:
            given["external_id"] = f"ext-{self._rng.randrange(40):06d}"
        if self._rng.random() < 0.3:
            given["role"] = self._rng.choice(self._model.roles)
        if self._rng.random() < 0.3:
            groups = sorted(id for id, one in self._model.groups.items() if one.management != "system_managed")
            given["groups"] = tuple(self._rng.sample(groups, min(2, len(groups))))
        if self._rng.random() < 0.3:
            given["send_welcome_email"] = False
        return given

    def _terms(self) -> dict[str, Value]:
        people = self._model.people
        admins = sorted(id for id, one in people.items() if one.role == self._model.admin_role)
        heirs: dict[str, Value] = {
            "transfer_to": self._rng.choice(sorted(people)),
            "transfer_admin": self._rng.choice([*admins, *admins, self._rng.choice(sorted(people))]),
        }
        return self._rng.choice(
            [
                *({}, {}, {}, {}, {"wipe_data": True}, {"keep_account": True}, {"permanently_delete_files": True}),
                *({"keep_account": True, "wipe_data": True}, heirs, heirs),
            ]
        )

    def _profile(self, id: str) -> dict[str, Value]:
        emails = sorted(one.email for one in self._model.people.values())
        given: dict[str, Value] = {
            "given_name": f"Łukasz {self._rng.randrange(9)}",
            "surname": f"=1+{self._rng.randrange(9)}",
            "email": self._rng.choice([f"moved{self._rng.randrange(9)}@team.example", self._rng.choice(emails)]),
            "external_id": self._rng.choice(["", f"ext-{self._rng.randrange(40):06d}"]),
        }
        if id in self._model.people and self._rng.random() < 0.1:
            one = self._model.people[id]
            given = {"given_name": one.given, "surname": one.surname, "email": one.email}
        return {name: given[name] for name in self._rng.sample(sorted(given), self._rng.randint(1, 2))}


def choose(model: Team, drawn: Drawn, focus: Collection[str] = ()) -> Change:
    """The change that is drawn, about what is in *focus* if anything is."""
    kind, seed = drawn
    return _Choice(model, seed, focus).change(kind)


def plannable(model: Team, drawn: list[Drawn]) -> list[Change]:
    """Changes of which no one decides what becomes of another person's: they may be made in any order."""
    chosen: list[Change] = []
    about: set[str] = set()
    alone = False
    # Of few people and groups, so that some changes depend on others.
    rng = random.Random(drawn[0][1])
    people, groups = sorted(model.people), sorted(model.groups)
    focus = {*rng.sample(people, rng.randint(1, 2)), *rng.sample(groups, min(1, len(groups)))}
    for each in drawn:
        change = choose(model, each, focus)
        concerns_others = _concerns_others(model, change)
        who, _ = target(model, change)
        if (concerns_others and alone) or (isinstance(change, CreateAccount) and who in about):
            continue
        alone = alone or concerns_others
        about.add(who)
        chosen.append(change)
    return chosen


def _concerns_others(model: Team, change: Change) -> bool:
    """Whether a change is about the administrators, or takes or frees what only one person can have."""
    if isinstance(change, CreateAccount | DeleteAccount) or (
        isinstance(change, RunAction) and change.name == "set_profile"
    ):
        return True
    if isinstance(change, GrantAccess | RevokeAccess):
        role = change.entitlement.resource
        return role.type == "role" and model.admin_role in (role.id, model.held(change))
    one = model.people.get(change.account.id if change.account else "")
    return one is not None and one.role == model.admin_role


def target(model: Team, change: Change) -> tuple[str, str | None]:
    """The person and the group that a change is about."""
    if isinstance(change, GrantAccess | RevokeAccess):
        at = change.entitlement.resource
        return change.principal.id, at.id if at.type == "group" else None
    if isinstance(change, CreateAccount):
        return model.named(str(change.arguments["email"])) or NOBODY, None
    return change.account.id if change.account else NOBODY, None


def without_groups(change: Change) -> Change:
    """*change* without groups to join, which others may delete."""
    if not isinstance(change, CreateAccount):
        return change
    return CreateAccount(arguments={name: value for name, value in change.arguments.items() if name != "groups"})
