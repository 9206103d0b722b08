"""What findings are made of: about whom or what, by which facts, and what would mend it."""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum

import msgspec

from jackfield.config import FindingKind
from jackfield.snapshots.naming import addresses
from jackfield.snapshots.records import Carried
from jackfield_contracts import Resource, ResourceId, UserTrait


class Severity(StrEnum):
    """How much a finding asks for somebody's attention, the least first."""

    INFO = "info"
    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"

    @property
    def rank(self) -> int:
        """Its place in this order."""
        return list(Severity).index(self)

    def raised(self) -> "Severity":
        """The next higher one, or the same where none is higher."""
        return list(Severity)[min(self.rank + 1, len(Severity) - 1)]


class Subject(msgspec.Struct, frozen=True, kw_only=True):
    """Whom or what a finding is about."""

    id: ResourceId
    name: str | None = None
    login: str | None = None
    email: str | None = None
    status: str | None = None


class Fact(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that is known: ``what`` it is, the ``value``, and where it was seen and when."""

    what: str
    value: str
    scope: str | None = None
    run: str | None = None
    taken: str | None = None
    carried: bool = False


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """What a kind says of something that is a finding.

    ``why`` is a sentence, ``since`` from when on it is so, as far as that is known, ``requests`` are the changes that
    would mend it, as a change file has them. ``others`` are further subjects of the same finding.
    """

    why: str
    evidence: tuple[Fact, ...]
    since: datetime | None = None
    requests: tuple[Mapping[str, str], ...] = ()
    others: tuple[Resource, ...] = ()


class Unsure(msgspec.Struct, frozen=True, kw_only=True):
    """What a kind says of something that may be a finding: why that is not known, and when it was last seen to be one."""

    reason: str
    last_seen: Carried | None = None


class Passed(msgspec.Struct, frozen=True, kw_only=True):
    """What a kind says of something that it can't or does not judge, though somebody may think that it did: why not."""

    reason: str


Judgement = Found | Unsure | Passed | None
"""None: it is known to be no finding."""


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """One finding. ``id`` is the same in each run; ``accepted`` is the reason why the configuration lets it be."""

    id: str
    kind: FindingKind
    severity: Severity
    subject: Subject
    why: str
    mend: str
    others: tuple[Subject, ...] = ()
    since: datetime | None = None
    evidence: tuple[Fact, ...] = ()
    requests: tuple[Mapping[str, str], ...] = ()
    accepted: str | None = None


class Unknown(msgspec.Struct, frozen=True, kw_only=True):
    """Something of which it is not known whether it is a finding, and why."""

    kind: FindingKind
    subject: Subject
    reason: str
    last_seen: Carried | None = None


class NotExamined(msgspec.Struct, frozen=True, kw_only=True):
    """How many a kind did not judge, and why."""

    number: int
    reason: str


class KindReport(msgspec.Struct, frozen=True, kw_only=True):
    """How one kind fared: how many were looked at (``examined``), found, accepted and unknown.

    ``not_examined`` are those that it did not judge, ``not_known`` is why nothing at all can be said of this kind, None where
    something can.
    """

    kind: FindingKind
    title: str
    examined: int = 0
    found: int = 0
    accepted: int = 0
    unknown: int = 0
    not_examined: tuple[NotExamined, ...] = ()
    not_known: str | None = None


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """All of it, in the order in which people read it. ``unused`` are the places of acceptances that fit nothing."""

    kinds: tuple[KindReport, ...]
    findings: tuple[Finding, ...]
    unknown: tuple[Unknown, ...]
    unused: tuple[int, ...] = ()


def subject_of(resource: Resource) -> Subject:
    """A resource as the subject of a finding."""
    trait = resource.trait
    if not isinstance(trait, UserTrait):
        return Subject(id=resource.id, name=resource.display_name)
    primary = next((email.address for email in trait.emails if email.primary), None)
    email = primary or next((email.address for email in trait.emails), None)
    return Subject(
        id=resource.id, name=resource.display_name, login=trait.login, email=email, status=trait.status.value
    )


def called(resource: Resource) -> set[str]:
    """All that a resource may be called by in the configuration, in small letters.

    A person is not known by the name: anybody may take that of somebody who is accepted.
    """
    texts = {str(resource.id), resource.id.id}
    if isinstance(resource.trait, UserTrait):
        texts.update(addresses(resource))
        texts.update(resource.trait.external_ids.values())
    else:
        texts.add(resource.display_name)
    return {text.casefold() for text in texts}
