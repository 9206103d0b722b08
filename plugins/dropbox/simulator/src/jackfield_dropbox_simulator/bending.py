"""Bends the finished JSON of an answer where a switch says that Dropbox answers in another form."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec

from .behaviour import Behaviour
from .faults.kinds import GROUP_MEMBERS, GROUPS, MEMBERS
from .routes.call import Call, Route
from .team import Member, Team
from .wire.answers import encode
from .wire.rendering import role
from .writes.outcomes import ADD, ADD_STATUS, REMOVE_STATUS

_GET_INFO = "team/members/get_info_v2"
_GROUPS_GET_INFO = "team/groups/get_info"
_Record = dict[str, Any]


class Victims(msgspec.Struct, frozen=True, kw_only=True):
    """Whose records are broken: a member, who holds a role, a group, and the membership of a person in a group."""

    member: str
    holder: str
    group: str
    membership: tuple[str, str]


def victims(team: Team) -> Victims:
    """Those of *team*: the same ones as long as nobody joins or leaves. Empty where there is none."""
    plain = [each for each in team.current() if each.role is None and each.status == "active"]
    holders = [each for each in team.current() if each.role is not None]
    groups = [each for each in team.live_groups() if each.management == "user_managed" and each.members]
    group = groups[len(groups) // 2] if groups else None
    inside = groups[0] if groups else None
    return Victims(
        member=plain[len(plain) // 2].id if plain else "",
        holder=holders[-1].id if holders else "",
        group=group.id if group else "",
        membership=(inside.id, inside.in_order()[-1].id) if inside else ("", ""),
    )


def bend(route: Route, body: bytes, call: Call) -> bytes:
    """*body*, the answer of *route* to *call*, as the switches have it."""
    if route.writes or route.name in (ADD_STATUS, REMOVE_STATUS):
        return _write(route.name, body, call)
    bender = _READS.get(route.name)
    return body if bender is None else bender(body, call)


def _members(body: bytes, call: Call) -> bytes:
    behaviour, team = call.behaviour, call.team
    if not _bends_members(behaviour):
        return body
    decoded: _Record = msgspec.json.decode(body)
    broken = victims(team)
    name = "members" if "members" in decoded else "members_info"
    for record in decoded[name]:
        if "profile" not in record:
            continue
        member = team.by_id[record["profile"]["team_member_id"]]
        _bend_groups(record["profile"], member, behaviour)
        _bend_roles(record, member, behaviour)
        if member.id == broken.holder and name == "members" and behaviour.role_listed == "another":
            record["roles"] = [{**each, "role_id": _another(each["role_id"])} for each in record["roles"]]
        if member.id == broken.member:
            _break_member(record, behaviour.broken_member)
    return encode(decoded)


def _bends_members(behaviour: Behaviour) -> bool:
    standard = Behaviour()
    names = ("profile_groups", "plain_roles", "role_listed", "removed_profile", "broken_member")
    return any(getattr(behaviour, name) != getattr(standard, name) for name in names)


def _bend_groups(profile: _Record, member: Member, behaviour: Behaviour) -> None:
    if behaviour.removed_profile != "bare" and not member.on_team:
        profile["groups"] = [group.id for group, _ in member.former if not group.deleted]
    if behaviour.profile_groups == "without_system":
        system = {group.id for group in member.groups if group.management == "system_managed"}
        profile["groups"] = [id for id in profile["groups"] if id not in system]
    elif behaviour.profile_groups == "absent_for_some" and member.seq % 3 == 1:
        del profile["groups"]


def _bend_roles(record: _Record, member: Member, behaviour: Behaviour) -> None:
    if behaviour.removed_profile == "keeps_all" and member.former_role is not None and not member.on_team:
        record["roles"] = [role(member.former_role)]
        return
    if member.role is not None or behaviour.plain_roles == "mixed":
        return
    record.pop("roles", None)
    if behaviour.plain_roles != "absent":
        record["roles"] = [] if behaviour.plain_roles == "empty" else None


def _another(role: str) -> str:
    """The id with its last sign changed: of the same form, and no role's."""
    return role[:-1] + ("A" if role[-1] != "A" else "B")


def _roles(body: bytes, call: Call) -> bytes:
    holder = call.team.by_id.get(victims(call.team).holder)
    if call.behaviour.role_catalogue == "all" or holder is None or holder.role is None:
        return body
    decoded: _Record = msgspec.json.decode(body)
    return encode({"roles": [each for each in decoded["roles"] if each["role_id"] != holder.role.id]})


def _break_member(record: _Record, how: str) -> None:
    profile = record["profile"]
    match how:
        case "groups_null":
            profile["groups"] = None
        case "groups_text":
            profile["groups"] = "none"
        case "emails_null":
            profile["secondary_emails"] = None
        case "no_id":
            del profile["team_member_id"]
        case "empty_id":
            profile["team_member_id"] = ""
        case "no_email":
            del profile["email"]
        case "no_status":
            del profile["status"]
        case "no_name":
            del profile["name"]
        case "no_profile":
            del record["profile"]
        case _:
            pass


def _groups(body: bytes, call: Call) -> bytes:
    if call.behaviour.broken_group == "none":
        return body
    decoded: _Record = msgspec.json.decode(body)
    _break_group(decoded["groups"], call.behaviour, call.team)
    return encode(decoded)


def _groups_info(body: bytes, call: Call) -> bytes:
    behaviour, team = call.behaviour, call.team
    if behaviour.broken_group == "none" and behaviour.broken_group_member == "none":
        return body
    decoded: list[_Record] = msgspec.json.decode(body)
    group, person = victims(team).membership
    for record in decoded:
        if record.get("group_id") == group:
            _break_group_member(record.get("members"), person, behaviour.broken_group_member)
    _break_group(decoded, behaviour, team)
    return encode(decoded)


def _break_group(records: list[_Record], behaviour: Behaviour, team: Team) -> None:
    broken = victims(team).group
    for record in records:
        if record.get("group_id") != broken:
            continue
        match behaviour.broken_group:
            case "no_id":
                del record["group_id"]
            case "empty_id":
                record["group_id"] = ""
            case "no_name":
                del record["group_name"]
            case "no_management":
                del record["group_management_type"]
            case "count_text":
                record["member_count"] = "many"
            case _:
                pass


def _break_group_member(members: list[_Record] | None, person: str, how: str) -> None:
    for place, record in enumerate(members or ()):
        if record["profile"]["team_member_id"] != person:
            continue
        match how:
            case "no_profile":
                del record["profile"]
            case "no_id":
                del record["profile"]["team_member_id"]
            case "empty_id":
                record["profile"]["team_member_id"] = ""
            case "no_access":
                del record["access_type"]
            case "null":
                (members or [])[place] = None  # type: ignore[call-overload]
            case _:
                pass
        return


def _group_members(body: bytes, call: Call) -> bytes:
    group, person = victims(call.team).membership
    if call.behaviour.broken_group_member == "none" or _listed_group(call) != group:
        return body
    decoded: _Record = msgspec.json.decode(body)
    _break_group_member(decoded["members"], person, call.behaviour.broken_group_member)
    return encode(decoded)


def _listed_group(call: Call) -> str:
    if "cursor" in call.arg:
        cursor = call.codec.decode(call.arg["cursor"])
        return "" if cursor is None else cursor.subject
    group = call.group(call.arg["group"])
    return "" if group is None else group.id


def _write(route: str, body: bytes, call: Call) -> bytes:
    behaviour = call.behaviour
    match behaviour.write_answer:
        case "unknown_tag":
            return encode({".tag": "unheard_of"})
        case "empty_object":
            return b"{}"
        case "list":
            return b"[]"
        case "text":
            return b'"done"'
        case "no_json":
            return b"done"
        case _:
            pass
    if behaviour.added == "documented" or route not in (ADD, ADD_STATUS):
        return body
    decoded: _Record = msgspec.json.decode(body)
    if decoded.get("complete"):
        decoded["complete"] = [_added(item, behaviour.added, call.team) for item in decoded["complete"]]
    return encode(decoded)


def _added(item: _Record, how: str, team: Team) -> _Record:
    if item[".tag"] != "success":
        return item
    match how:
        case "no_roles":
            return {name: value for name, value in item.items() if name != "roles"}
        case "nested":
            return {".tag": "success", "success": {name: value for name, value in item.items() if name != ".tag"}}
        case "unknown_tag":
            return {".tag": "unheard_of", "unheard_of": item["profile"]["email"]}
        case "no_profile":
            return {".tag": "success"}
        case "of_another":
            other = team.by_id.get(victims(team).member)
            shown = {"team_member_id": other.id, "email": other.email} if other is not None else {}
            return {**item, "profile": {**item["profile"], **shown}}
        case "by_further_email":
            email = item["profile"]["email"]
            further = [{"email": email, "is_verified": True}]
            return {**item, "profile": {**item["profile"], "email": f"first.{email}", "secondary_emails": further}}
        case _:
            return {**item, "profile": {name: value for name, value in item["profile"].items() if name != "email"}}


_READS: dict[str, Callable[[bytes, Call], bytes]] = {
    **dict.fromkeys((*MEMBERS, _GET_INFO), _members),
    "team/members/get_available_team_member_roles": _roles,
    **dict.fromkeys(GROUPS, _groups),
    **dict.fromkeys(GROUP_MEMBERS, _group_members),
    _GROUPS_GET_INFO: _groups_info,
}
