"""Traits: what a resource is for governance, as annotations of ``.c1z`` and as ours."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import TypeVar

from google.protobuf.any_pb2 import Any as Packed
from google.protobuf.message import Message
from google.protobuf.struct_pb2 import Struct
from google.protobuf.timestamp_pb2 import Timestamp

from jackfield_c1.c1z.limits import is_email, is_url
from jackfield_c1.proto import connector_pb2 as pb
from jackfield_contracts import (
    AccountStatus,
    AccountType,
    AppTrait,
    Email,
    GroupTrait,
    LicenseTrait,
    RoleTrait,
    Trait,
    TraitKind,
    UserTrait,
)

KINDS: dict[TraitKind, int] = {
    TraitKind.USER: pb.ResourceType.TRAIT_USER,
    TraitKind.GROUP: pb.ResourceType.TRAIT_GROUP,
    TraitKind.ROLE: pb.ResourceType.TRAIT_ROLE,
    TraitKind.APP: pb.ResourceType.TRAIT_APP,
    TraitKind.LICENSE: pb.ResourceType.TRAIT_LICENSE_PROFILE,
}
OF_KIND: dict[int, TraitKind] = {number: kind for kind, number in KINDS.items()}

_TYPES = {
    AccountType.HUMAN: pb.UserTrait.ACCOUNT_TYPE_HUMAN,
    AccountType.SERVICE: pb.UserTrait.ACCOUNT_TYPE_SERVICE,
    AccountType.SYSTEM: pb.UserTrait.ACCOUNT_TYPE_SYSTEM,
}
_OF_TYPE = {number: kind for kind, number in _TYPES.items()}
_STATUS = {
    AccountStatus.ENABLED: pb.UserTrait.Status.STATUS_ENABLED,
    AccountStatus.DISABLED: pb.UserTrait.Status.STATUS_DISABLED,
    AccountStatus.DELETED: pb.UserTrait.Status.STATUS_DELETED,
}
_OF_STATUS = {int(number): kind for kind, number in _STATUS.items()}
_PREFIX = "type.googleapis.com/"
_MOST_INT64 = (1 << 63) - 1


def packed(message: Message) -> Packed:
    """*message* as an annotation."""
    return Packed(type_url=_PREFIX + message.DESCRIPTOR.full_name, value=message.SerializeToString(deterministic=True))


def time_of(stamp: Timestamp) -> datetime | None:
    """A time as ours; None where it is out of what can be told."""
    try:
        return stamp.ToDatetime(UTC)
    except (ValueError, OverflowError):
        return None


def stamp_of(time: datetime) -> Timestamp:
    """A time as that of a message."""
    stamp = Timestamp()
    stamp.FromDatetime(time)
    return stamp


def trait_message(kind: TraitKind, trait: Trait | None, profile: Struct, created: datetime | None) -> Message:
    """The annotation for a resource of a type with the trait *kind*: empty where the resource says nothing of it."""
    return _MESSAGES[kind](trait, profile, created)


def status_message(trait: Trait | None) -> pb.Status | None:
    """The status of an account in the place where newer readers look; None for what has none."""
    if not isinstance(trait, UserTrait):
        return None
    # The two enumerations are numbered alike.
    return pb.Status(status=int(_status(trait)), details=trait.status_raw)  # pyright: ignore[reportArgumentType]


def _status(trait: UserTrait) -> int:
    return int(_STATUS.get(trait.status, pb.UserTrait.Status.STATUS_UNSPECIFIED))


def _user(trait: Trait | None, profile: Struct, created: datetime | None) -> Message:
    made = pb.UserTrait(profile=profile)
    if created is not None:
        made.created_at.CopyFrom(stamp_of(created))
    if not isinstance(trait, UserTrait):
        return made
    made.status.status = _status(trait)  # pyright: ignore[reportAttributeAccessIssue]
    made.status.details = trait.status_raw
    made.account_type = _TYPES.get(trait.account_type, pb.UserTrait.ACCOUNT_TYPE_UNSPECIFIED)
    made.login = trait.login or ""
    for email in trait.emails:
        if is_email(email.address):
            made.emails.add(address=email.address, is_primary=email.primary)
    if trait.last_login is not None:
        made.last_login.CopyFrom(stamp_of(trait.last_login))
    if trait.given_name or trait.surname:
        made.structured_name.given_name = trait.given_name or ""
        made.structured_name.family_name = trait.surname or ""
    return made


def _group(trait: Trait | None, profile: Struct, created: datetime | None) -> Message:
    return pb.GroupTrait(profile=profile)


def _role(trait: Trait | None, profile: Struct, created: datetime | None) -> Message:
    return pb.RoleTrait(profile=profile)


def _app(trait: Trait | None, profile: Struct, created: datetime | None) -> Message:
    made = pb.AppTrait(profile=profile)
    if isinstance(trait, AppTrait) and trait.home_page is not None and is_url(trait.home_page):
        made.help_url = trait.home_page
    return made


def _license(trait: Trait | None, profile: Struct, created: datetime | None) -> Message:
    made = pb.LicenseProfileTrait()
    if isinstance(trait, LicenseTrait):
        made.purchased_seats = _seats(trait.seats_total)
        made.consumed_seats = _seats(trait.seats_used)
    return made


def _seats(number: int | None) -> int:
    return number if number is not None and 0 <= number <= _MOST_INT64 else 0


_MESSAGES: dict[TraitKind, Callable[[Trait | None, Struct, datetime | None], Message]] = {
    TraitKind.USER: _user,
    TraitKind.GROUP: _group,
    TraitKind.ROLE: _role,
    TraitKind.APP: _app,
    TraitKind.LICENSE: _license,
}


def read_trait(resource: pb.Resource) -> Trait | None:
    """The trait that a resource carries, the first of those that we know; None if there is none. Raises DecodeError."""
    for one in resource.annotations:
        name = one.type_url.rpartition("/")[2]
        if name == pb.UserTrait.DESCRIPTOR.full_name:
            return _read_user(parsed(pb.UserTrait(), one.value), resource)
        if name == pb.GroupTrait.DESCRIPTOR.full_name:
            return GroupTrait()
        if name == pb.RoleTrait.DESCRIPTOR.full_name:
            return RoleTrait()
        if name == pb.AppTrait.DESCRIPTOR.full_name:
            return AppTrait(home_page=parsed(pb.AppTrait(), one.value).help_url or None)
        if name == pb.LicenseProfileTrait.DESCRIPTOR.full_name:
            seats = parsed(pb.LicenseProfileTrait(), one.value)
            return LicenseTrait(seats_total=seats.purchased_seats, seats_used=seats.consumed_seats)
    return None


M = TypeVar("M", bound=Message)


def parsed(message: M, content: bytes) -> M:
    """*message*, filled from *content*; raises DecodeError."""
    message.ParseFromString(content)
    return message


def _read_user(user: pb.UserTrait, resource: pb.Resource) -> UserTrait:
    # Newer files have the status at the resource; older ones at the trait alone.
    number, details = int(user.status.status), user.status.details
    if resource.HasField("status"):
        number, details = int(resource.status.status), resource.status.details
    return UserTrait(
        status=_OF_STATUS.get(number, AccountStatus.UNKNOWN),
        status_raw=details,
        account_type=_OF_TYPE.get(user.account_type, AccountType.UNKNOWN),
        login=user.login or None,
        emails=tuple(Email(address=one.address, primary=one.is_primary) for one in user.emails if one.address),
        given_name=user.structured_name.given_name or _text(resource, user, "first_name"),
        surname=user.structured_name.family_name or _text(resource, user, "last_name"),
        last_login=time_of(user.last_login) if user.HasField("last_login") else None,
    )


def _text(resource: pb.Resource, user: pb.UserTrait, key: str) -> str | None:
    for profile in (resource.profile, user.profile):
        if key in profile.fields and profile.fields[key].HasField("string_value"):
            return profile.fields[key].string_value or None
    return None
