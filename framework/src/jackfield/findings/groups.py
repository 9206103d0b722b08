"""The kinds of findings that are about one group at a time."""

from collections.abc import Sequence
from typing import NamedTuple

from jackfield.config import FindingKind
from jackfield.findings.kind import Kind
from jackfield.findings.known import Entry, GroupOffer, Known
from jackfield.findings.model import Fact, Found, Judgement, Passed, Severity, Unsure
from jackfield.snapshots.records import Carried, ResourceRow
from jackfield_contracts import AccountStatus, EntitlementId, Grant, GroupTrait, UserTrait

_IN_USE = (AccountStatus.ENABLED, AccountStatus.PENDING)
_OUT_OF_USE = (AccountStatus.DISABLED, AccountStatus.DELETED)
_NOT_OWNED = Passed(reason="groups that offer no ownership")
_BEFORE = "what was seen of it before could not be seen now"


def _seen_whole(group: Entry, offers: Sequence[GroupOffer], known: Known) -> Unsure | None:
    """Why it is not known who holds *offers* of the group; None where that is known."""
    if (reason := known.unseen(group.resource.id)) is not None:
        return Unsure(reason=reason)
    before = next((offer.carried for offer in offers if offer.carried), None)
    if before is not None or any(offer.held_before for offer in offers):
        return Unsure(reason=_BEFORE, last_seen=before)
    return None


def _nobody(offers: Sequence[GroupOffer], group: Entry, known: Known) -> tuple[Fact, ...]:
    return tuple(
        known.fact("held by nobody", f"{group.resource.id}/{offer.slug}", offer.scope or group.resource.scope)
        for offer in offers
    )


def _empty(group: Entry, known: Known) -> Judgement:
    offers = known.offers_of(group)
    if any(offer.seen for offer in offers):
        return None
    if not offers:
        return Unsure(reason="the snapshot does not say what the group offers")
    if (unsure := _seen_whole(group, offers, known)) is not None:
        return unsure
    count = group.resource.trait.member_count if isinstance(group.resource.trait, GroupTrait) else None
    if count:
        return Unsure(reason=f"nobody was seen in it, and the application counts {count:,}")
    told = () if count is None else (known.fact("the application's own count of members", "0", group.resource.scope),)
    return Found(why="nobody is in it", evidence=(*_nobody(offers, group, known), *told))


def _no_ownership(known: Known) -> str | None:
    return None if known.tells_ownership else "nothing in the snapshot is marked as the ownership of a group"


def _ownerless(group: Entry, known: Known) -> Judgement:
    owning = [offer for offer in known.offers_of(group) if offer.owns]
    if not owning:
        return _NOT_OWNED
    if any(offer.seen for offer in owning):
        return None
    if (unsure := _seen_whole(group, owning, known)) is not None:
        return unsure
    return Found(why="nobody owns it", evidence=_nobody(owning, group, known))


class _Owner(NamedTuple):
    grant: Grant
    carried: Carried | None
    row: ResourceRow | None

    @property
    def status(self) -> AccountStatus | None:
        trait = self.row.resource.trait if self.row else None
        return trait.status if isinstance(trait, UserTrait) else None

    @property
    def seen(self) -> bool:
        return self.carried is None and self.row is not None and self.row.carried is None

    @property
    def acts(self) -> bool:
        """Whether it was seen to be somebody who can act as an owner, or something else than an account."""
        return self.seen and (self.status is None or self.status in _IN_USE)


def _suspended_owner(group: Entry, known: Known) -> Judgement:
    owning = [offer for offer in known.offers_of(group) if offer.owns]
    owners: list[_Owner] = []
    for offer in owning:
        if offer.seen or offer.held_before:
            for grant, carried in known.grants_on(EntitlementId(resource=group.resource.id, slug=offer.slug)):
                owner = _Owner(grant, carried, known.snapshot.resource(grant.principal))
                if owner.acts:
                    return None
                owners.append(owner)
    if not owning:
        return _NOT_OWNED
    unsure = _seen_whole(group, owning, known)
    if unsure is not None or not owners:
        return unsure
    unclear = next((one for one in owners if not one.seen or one.status not in _OUT_OF_USE), None)
    if unclear is not None:
        before = unclear.row.carried if unclear.row else None
        return Unsure(reason=f"the status of its owner {unclear.grant.principal} is not known", last_seen=before)
    rows = [owner.row.resource for owner in owners if owner.row]
    return Found(
        why=f"owned by {', '.join(row.display_name for row in rows)} only, and suspended",
        evidence=tuple(
            known.fact(
                f"owner, {owner.status.value if owner.status else ''}", str(owner.grant.principal), owner.grant.scope
            )
            for owner in owners
        ),
        others=tuple(rows),
    )


_NEW_OWNER = "Make somebody an owner who answers for it, or have an administrator take it over."

OWNERLESS_GROUP = Kind(
    name=FindingKind.OWNERLESS_GROUP,
    title="group without owner",
    says="A group that can have owners and that nobody owns.",
    how="The grants of those entitlements whose purpose is ownership. Where they were not seen whole, it is unknown; groups"
    " without such an entitlement are counted, and not judged.",
    mend=_NEW_OWNER,
    severity=Severity.MEDIUM,
    not_known=_no_ownership,
    judge_group=_ownerless,
)
SUSPENDED_OWNER = Kind(
    name=FindingKind.SUSPENDED_OWNER,
    title="group whose only owners are suspended",
    says="A group that somebody owns, and each of its owners has a disabled or deleted account.",
    how="The owners and their statuses. Where one of them was not seen, it is unknown; a group that owns it can act.",
    mend=_NEW_OWNER,
    severity=Severity.MEDIUM,
    not_known=_no_ownership,
    judge_group=_suspended_owner,
)
EMPTY_GROUP = Kind(
    name=FindingKind.EMPTY_GROUP,
    title="empty group",
    says="A group in which nobody holds anything.",
    how="All grants on the group. Where they were not seen whole, or the application counts somebody, it is unknown.",
    mend="Delete the group in the application if nobody needs it.",
    severity=Severity.LOW,
    judge_group=_empty,
)
