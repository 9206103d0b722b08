"""What a connection says of its findings: from when on something is one, and which of them are accepted."""

from enum import StrEnum
from typing import Annotated

import msgspec
from msgspec import Meta


class FindingKind(StrEnum):
    """The kinds of findings, as people write them."""

    ADMINS = "admins"
    DORMANT = "dormant"
    INVITED = "invited"
    SUSPENDED_SEAT = "suspended-seat"
    DUPLICATE_PEOPLE = "duplicate-people"
    NO_EXTERNAL_ID = "no-external-id"
    UNVERIFIED_ADDRESS = "unverified-address"
    OWNERLESS_GROUP = "ownerless-group"
    SUSPENDED_OWNER = "suspended-owner"
    EMPTY_GROUP = "empty-group"


Days = Annotated[int, Meta(ge=1, le=36_500)]


class AcceptedFinding(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Findings that somebody has looked at and lets be."""

    reason: Annotated[str, Meta(pattern=r"\S", description="Why they are accepted; it is shown with them.")]
    kind: Annotated[FindingKind | None, Meta(description="Of this kind; without it, of every kind.")] = None
    who: Annotated[
        Annotated[str, Meta(pattern=r"\S")] | None,
        Meta(
            description="About this person, by id, login, address or external id, or this group, by id or exact name;"
            " without it, about everybody.",
        ),
    ] = None

    def __post_init__(self) -> None:
        if self.kind is None and self.who is None:
            raise ValueError("expected a kind, a who, or both")


class FindingsSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """From when on something is a finding, and which are accepted."""

    dormant_days: Annotated[Days, Meta(description="Days without a sign-in from which on somebody is dormant.")] = 90
    invited_days: Annotated[
        Days, Meta(description="Days after which an invitation that was not accepted is a finding.")
    ] = 30
    external_id: Annotated[
        str,
        Meta(
            min_length=1,
            description="Name of the external id that everybody is to have, as the snapshot names it.",
        ),
    ] = "external_id"
    ignore: Annotated[
        tuple[AcceptedFinding, ...], Meta(description="Findings that are accepted: shown with --accepted only.")
    ] = ()
