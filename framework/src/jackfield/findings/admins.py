"""Everybody who holds something privileged."""

from collections.abc import Iterator

from jackfield.config import FindingKind
from jackfield.findings.kind import Judged, Kind
from jackfield.findings.known import Held, Known
from jackfield.findings.model import Found, Severity, Unsure
from jackfield_contracts import AccountStatus, Resource, UserTrait


def _nothing_privileged(known: Known) -> str | None:
    return None if known.privileged_offers else "nothing in the snapshot is marked as privileged"


def _survey(known: Known) -> Iterator[Judged]:
    for principal in sorted(known.privileged):
        row = known.snapshot.resource(principal)
        held = known.privileged[principal]
        if row is None:
            unlisted = Resource(id=principal, scope="", display_name="")
            yield unlisted, Unsure(reason=f"it holds {_names(held)}, and the snapshot does not say who it is")
            continue
        trait = row.resource.trait
        if not isinstance(trait, UserTrait) or trait.status is AccountStatus.DELETED:
            continue  # whoever holds it through a group is told by name
        seen = [one for one in held if one.carried is None]
        if row.carried is not None or not seen:
            reason = f"whether it still holds {_names(seen or held)} could not be seen"
            yield row.resource, Unsure(reason=reason, last_seen=row.carried or held[0].carried)
            continue
        evidence = map(known.holding, seen)
        yield row.resource, Found(why=f"holds {_names(seen)}", evidence=tuple(evidence))


def _names(held: list[Held]) -> str:
    return ", ".join(dict.fromkeys(one.offer.name for one in held))


ADMINS = Kind(
    name=FindingKind.ADMINS,
    title="administrators",
    says="Everybody who holds something privileged, whatever the status of the account; not those who were deleted.",
    how="Grants of entitlements that are privileged, or of roles that are; inherited ones included.",
    mend="See that each of them needs it; revoke what is not needed.",
    severity=Severity.INFO,
    not_known=_nothing_privileged,
    survey=_survey,
)
