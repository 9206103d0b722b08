"""Resources and entitlements, as messages of ``.c1z`` and as ours.

Promises that what a message has no field for is kept in its profile, under one key, so that our own reader loses nothing of it.
"""

from datetime import datetime
from typing import Any

import msgspec
from google.protobuf.struct_pb2 import Struct

from jackfield_c1.c1z.limits import MOST_DESCRIPTION, MOST_NAME, MOST_TYPE_DESCRIPTION, cut, is_url
from jackfield_c1.c1z.names import entitlement_id
from jackfield_c1.c1z.traits import (
    KINDS,
    packed,
    parsed,
    read_trait,
    stamp_of,
    status_message,
    time_of,
    trait_message,
)
from jackfield_c1.proto import connector_pb2 as pb
from jackfield_contracts import (
    Entitlement,
    EntitlementId,
    Exclusive,
    Purpose,
    Resource,
    ResourceId,
    Trait,
    TraitKind,
    UserTrait,
)

OURS = "jackfield"
"""The key of a profile under which stands what the format has no field for."""


Plain = dict[str, Any]

_MOST_EXACT = 1 << 53
_MOST_RANK = (1 << 32) - 1
_PURPOSES = {
    Purpose.ASSIGNMENT.value: pb.Entitlement.PURPOSE_VALUE_ASSIGNMENT,
    Purpose.PERMISSION.value: pb.Entitlement.PURPOSE_VALUE_PERMISSION,
    Purpose.OWNERSHIP.value: pb.Entitlement.PURPOSE_VALUE_OWNERSHIP,
}
_OF_PURPOSE = {number: word for word, number in _PURPOSES.items()}
UNKNOWN_PURPOSE = "unknown"


def type_message(
    name: str, kinds: tuple[TraitKind, ...], display_name: str = "", description: str = ""
) -> pb.ResourceType:
    """A resource type."""
    return pb.ResourceType(
        id=name,
        display_name=cut(display_name or name.replace("_", " ").replace("-", " ").capitalize(), MOST_NAME),
        traits=[KINDS[kind] for kind in kinds],  # pyright: ignore[reportArgumentType]
        description=cut(description, MOST_TYPE_DESCRIPTION),
    )


def resource_message(one: Resource, kinds: tuple[TraitKind, ...], more: Plain) -> pb.Resource:
    """A resource of a type with the traits *kinds*; *more* is to be kept with what the format has no field for."""
    own = of_trait(one.trait)
    order = tuple(sorted(kinds, key=lambda kind: kind is not own))
    profile, added = _profile_of(one)
    made = _resource(one, order, profile)
    left = _left(one, made)
    if added:
        left["added"] = added
    left |= more
    return _resource(one, order, {**profile, OURS: left}) if left else made


def of_trait(trait: Trait | None) -> TraitKind | None:
    """What a resource with *trait* is."""
    return TraitKind(str(trait.__struct_config__.tag)) if trait is not None else None


def _profile_of(one: Resource) -> tuple[Plain, list[str]]:
    """What the profile tells, and which keys of it are not the resource's own: those that other programs look for."""
    profile: Plain = {key: value for key, value in one.profile.items() if key != OURS}
    if not isinstance(one.trait, UserTrait):
        return profile, []
    told = {"first_name": one.trait.given_name, "last_name": one.trait.surname, "user_id": one.id.id}
    added = {key: value for key, value in told.items() if value and key not in profile}
    return {**profile, **added}, list(added)


def _resource(one: Resource, kinds: tuple[TraitKind, ...], profile: Plain) -> pb.Resource:
    struct = Struct()
    struct.update(profile)
    made = pb.Resource(
        id=pb.ResourceId(resource_type=one.id.type, resource=one.id.id),
        display_name=cut(one.display_name, MOST_NAME),
        description=cut(one.description, MOST_DESCRIPTION),
        profile=struct,
        status=status_message(one.trait),
    )
    if one.parent is not None:
        made.parent_resource_id.resource_type = one.parent.type
        made.parent_resource_id.resource = one.parent.id
    if one.created is not None:
        made.created_at.CopyFrom(stamp_of(one.created))
    own = of_trait(one.trait)
    for kind in kinds:
        trait = one.trait if kind is own else None
        made.annotations.append(packed(trait_message(kind, trait, struct, one.created)))
    if one.link is not None and is_url(one.link):
        made.annotations.append(packed(pb.ExternalLink(url=one.link)))
    return made


def _left(one: Resource, made: pb.Resource) -> Plain:
    """What of *one* can't be read back from *made*."""
    back = _read_plain(made, one.scope)
    left: Plain = {}
    for field in ("display_name", "description", "link"):
        if getattr(back, field) != getattr(one, field):
            left[field] = getattr(one, field)
    if back.created != one.created and one.created is not None:
        left["created"] = one.created.isoformat()
    if one.trait is None:
        if back.trait is not None:
            left["no_trait"] = True
    elif back.trait != one.trait:
        left["trait"] = _differing(one.trait, back.trait)
    odd = {key: value for key, value in one.profile.items() if not _kept(value) or key == OURS}
    if odd:
        left["profile"] = {key: msgspec.json.encode(value).decode() for key, value in odd.items()}
    return left


def _kept(value: object) -> bool:
    return not isinstance(value, int) or abs(value) <= _MOST_EXACT


def _differing(trait: Trait, back: Trait | None) -> Plain:
    """The fields of *trait* that *back* has otherwise. Numbers are texts: a Struct has only floats."""
    same = type(trait) is type(back)
    found: Plain = {}
    for field in trait.__struct_fields__:
        value = getattr(trait, field)
        if not same or getattr(back, field) != value:
            plain = msgspec.to_builtins(value)
            found[field] = str(plain) if isinstance(plain, int) and not isinstance(plain, bool) else plain
    return found


# --- read back ---------------------------------------------------------------------------------------------------------


def read_resource(message: pb.Resource, scope: str) -> tuple[Resource, Plain]:
    """A resource, and what it carries of ours; raises DecodeError, and ValidationError for what is no resource."""
    left = _ours(message)
    made = _read_plain(message, scope)
    if not left:
        return made, {}
    changes: Plain = {
        key: left[key] for key in ("display_name", "description", "link") if isinstance(left.get(key), str)
    }
    if isinstance(left.get("created"), str):
        changes["created"] = msgspec.convert(left["created"], datetime)
    if left.get("no_trait") is True:
        changes["trait"] = None
    elif isinstance(fields := left.get("trait"), dict) and made.trait is not None:
        plain: Plain = {**msgspec.to_builtins(made.trait), **fields}
        changes["trait"] = msgspec.convert(plain, type(made.trait), strict=False)
    profile = {key: value for key, value in made.profile.items() if key not in _added(left)}
    if isinstance(odd := left.get("profile"), dict):
        profile |= {key: msgspec.json.decode(text) for key, text in odd.items()}  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]
    changes["profile"] = profile
    return msgspec.convert(msgspec.to_builtins(msgspec.structs.replace(made, **changes)), Resource), left


def _added(left: Plain) -> list[Any]:
    added = left.get("added")
    return added if isinstance(added, list) else []  # pyright: ignore[reportUnknownVariableType]


def _ours(message: pb.Resource) -> Plain:
    if not message.HasField("profile") or OURS not in message.profile.fields:
        return {}
    value = message.profile.fields[OURS]
    return plain_of(value.struct_value) if value.HasField("struct_value") else {}


def _read_plain(message: pb.Resource, scope: str) -> Resource:
    profile = message.profile
    if not message.HasField("profile"):
        profile = _trait_profile(message)
    facts = {key: value for key, value in plain_of(profile).items() if key != OURS}
    return Resource(
        id=ResourceId(type=message.id.resource_type, id=message.id.resource),
        scope=scope,
        display_name=message.display_name,
        description=message.description,
        parent=(
            ResourceId(type=message.parent_resource_id.resource_type, id=message.parent_resource_id.resource)
            if message.HasField("parent_resource_id")
            else None
        ),
        trait=read_trait(message),
        profile={key: value if _is_plain(value) else _text(value) for key, value in facts.items()},
        link=_link(message),
        created=_created(message),
    )


def _is_plain(value: object) -> bool:
    return value is None or isinstance(value, str | int | float | bool)


def _text(value: object) -> str:
    return msgspec.json.encode(value).decode()


def _trait_profile(message: pb.Resource) -> Struct:
    """The profile of older files, which stands in the annotation of the trait."""
    for one in message.annotations:
        name = one.type_url.rpartition("/")[2]
        for kind in (pb.UserTrait, pb.GroupTrait, pb.RoleTrait, pb.AppTrait):
            if name == kind.DESCRIPTOR.full_name:
                return parsed(kind(), one.value).profile
    return Struct()


def _link(message: pb.Resource) -> str | None:
    for one in message.annotations:
        if one.type_url.rpartition("/")[2] == pb.ExternalLink.DESCRIPTOR.full_name:
            return parsed(pb.ExternalLink(), one.value).url or None
    return None


def _created(message: pb.Resource) -> datetime | None:
    if message.HasField("created_at"):
        return time_of(message.created_at)
    for one in message.annotations:
        if one.type_url.rpartition("/")[2] == pb.UserTrait.DESCRIPTOR.full_name:
            user = parsed(pb.UserTrait(), one.value)
            return time_of(user.created_at) if user.HasField("created_at") else None
    return None


def plain_of(struct: Struct) -> Plain:
    """A Struct as plain values; a number without a fraction is whole."""
    return {key: _value(value) for key, value in struct.fields.items()}


def _value(value: Any) -> Any:
    kind = value.WhichOneof("kind")
    if kind == "struct_value":
        return plain_of(value.struct_value)
    if kind == "list_value":
        return [_value(one) for one in value.list_value.values]
    if kind in (None, "null_value"):
        return None
    found = getattr(value, kind)
    if not isinstance(found, float):
        return found
    if found != found or found in (float("inf"), float("-inf")):
        return None
    return int(found) if found.is_integer() and abs(found) <= _MOST_EXACT else found


# --- entitlements ------------------------------------------------------------------------------------------------------


def entitlement_message(one: Entitlement, resource_name: str, types: dict[str, pb.ResourceType]) -> pb.Entitlement:
    """An entitlement; *types* are those that the file has."""
    resource = one.id.resource
    made = pb.Entitlement(
        id=entitlement_id(resource.type, resource.id, one.id.slug),
        resource=pb.Resource(
            id=pb.ResourceId(resource_type=resource.type, resource=resource.id),
            display_name=cut(resource_name, MOST_NAME),
        ),
        display_name=cut(one.display_name, MOST_NAME),
        description=cut(one.description, MOST_DESCRIPTION),
        grantable_to=[types.get(name) or type_message(name, ()) for name in one.grantable_to],
        purpose=_PURPOSES.get(one.purpose, pb.Entitlement.PURPOSE_VALUE_UNSPECIFIED),
        slug=one.id.slug,
    )
    if one.immutable is not None:
        reason = Struct()
        reason.update({"reason": one.immutable})
        made.annotations.append(packed(pb.EntitlementImmutable(metadata=reason)))
    if one.exclusive is not None and 0 <= one.exclusive.rank <= _MOST_RANK:
        group = pb.EntitlementExclusionGroup(exclusion_group_id=one.exclusive.set, order=one.exclusive.rank)
        made.annotations.append(packed(group))
    return made


def left_of_entitlement(one: Entitlement) -> Plain:
    """What of an entitlement its message can't tell; it is kept with the resource."""
    left: Plain = {}
    if one.privileged:
        left["privileged"] = True
    if one.purpose not in _PURPOSES:
        left["purpose"] = one.purpose
    if one.leaves is not None:
        left["leaves"] = one.leaves
    if one.exclusive is not None and not 0 <= one.exclusive.rank <= _MOST_RANK:
        left["exclusive"] = {"set": one.exclusive.set, "rank": str(one.exclusive.rank)}
    for field, most in (("display_name", MOST_NAME), ("description", MOST_DESCRIPTION)):
        if cut(text := getattr(one, field), most) != text:
            left[field] = text
    return left


def read_entitlement(message: pb.Entitlement, id: EntitlementId, scope: str, left: Plain) -> Entitlement:
    """An entitlement, under the *id* that it has here; raises DecodeError and ValidationError."""
    immutable, exclusive = None, None
    for one in message.annotations:
        name = one.type_url.rpartition("/")[2]
        if name == pb.EntitlementImmutable.DESCRIPTOR.full_name:
            immutable = reason_in(parsed(pb.EntitlementImmutable(), one.value).metadata)
        elif name == pb.EntitlementExclusionGroup.DESCRIPTOR.full_name:
            group = parsed(pb.EntitlementExclusionGroup(), one.value)
            where = f"{id.resource}/{group.exclusion_group_id}" if group.scope_to_resource else group.exclusion_group_id
            exclusive = Exclusive(set=where, rank=group.order)
    if isinstance(own := left.get("exclusive"), dict):
        exclusive = msgspec.convert(own, Exclusive, strict=False)
    made = Entitlement(
        id=id,
        scope=scope,
        display_name=message.display_name or id.slug,
        description=message.description,
        purpose=_OF_PURPOSE.get(message.purpose, UNKNOWN_PURPOSE),
        grantable_to=tuple(one.id for one in message.grantable_to if one.id),
        immutable=immutable,
        exclusive=exclusive,
    )
    texts = {
        key: left[key] for key in ("purpose", "display_name", "description", "leaves") if isinstance(left.get(key), str)
    }
    return msgspec.structs.replace(made, privileged=left.get("privileged") is True, **texts)


def reason_in(metadata: Struct) -> str:
    """Why something can't be changed, as we write it; in words where another program did not say."""
    reason = plain_of(metadata).get("reason")
    return reason if isinstance(reason, str) and reason else "the connector says that it can't be changed"
