"""All findings of one snapshot: each account and group looked at once by the kinds that judge them.

Promises that nothing is a finding of which a fact was carried forward or could not be seen: it is unknown, with the reason.
"""

from collections import Counter
from collections.abc import Iterable, Iterator

from jackfield.config import AcceptedFinding, FindingKind
from jackfield.findings.kind import Kind
from jackfield.findings.known import Known
from jackfield.findings.model import (
    Finding,
    Found,
    Judgement,
    KindReport,
    NotExamined,
    Passed,
    Report,
    Severity,
    Unknown,
    Unsure,
    called,
    subject_of,
)
from jackfield.findings.registry import KINDS, chosen
from jackfield.snapshots.records import Carried
from jackfield.snapshots.sorting import name_key
from jackfield_contracts import Resource


def find(known: Known, kinds: tuple[FindingKind, ...] = ()) -> Report:
    """The findings of *kinds*, of all where none is named: the gravest first, then by kind and name."""
    wanted = chosen(kinds)
    silent = {kind.name: why for kind in wanted if (why := kind.not_known(known)) is not None}
    tally = _Tally(known)
    for kind, resource, judged, carried in _judged(known, [kind for kind in wanted if kind.name not in silent]):
        tally.take(kind, resource, judged, carried)
    order = [kind.name for kind in KINDS]
    return Report(
        kinds=tuple(
            KindReport(
                kind=kind.name,
                title=kind.title_with(known.settings),
                examined=tally.examined.get(kind.name, 0),
                found=sum(1 for one in tally.findings if one.kind is kind.name and one.accepted is None),
                accepted=sum(1 for one in tally.findings if one.kind is kind.name and one.accepted is not None),
                unknown=sum(1 for one in tally.unknown if one.kind is kind.name),
                not_examined=tally.not_examined(kind.name),
                not_known=silent.get(kind.name) or _nothing_there(kind, tally.looked_at(kind.name)),
            )
            for kind in wanted
        ),
        findings=tuple(
            sorted(
                tally.findings,
                key=lambda one: (
                    -one.severity.rank,
                    order.index(one.kind),
                    name_key(one.subject.name or ""),
                    one.subject.id,
                ),
            )
        ),
        unknown=tuple(
            sorted(
                tally.unknown,
                key=lambda one: (order.index(one.kind), name_key(one.subject.name or ""), one.subject.id),
            )
        ),
        unused=tally.unused([kind.name for kind in wanted if kind.name not in silent]),
    )


def _nothing_there(kind: Kind, looked_at: int) -> str | None:
    if looked_at or kind.survey is not None:
        return None
    return "the snapshot has no groups" if kind.judge_group else "the snapshot has no accounts"


def _judged(known: Known, kinds: list[Kind]) -> Iterator[tuple[Kind, Resource, Judgement, Carried | None]]:
    for kind in kinds:
        if kind.survey is not None:
            for resource, judged in kind.survey(known):
                yield kind, resource, judged, None  # it has seen to what was carried itself
    of_accounts = [(kind, kind.judge_account) for kind in kinds if kind.judge_account]
    for account in known.accounts() if of_accounts else ():
        for kind, judge in of_accounts:
            yield kind, account.resource, judge(account, known), account.carried
    of_groups = [(kind, kind.judge_group) for kind in kinds if kind.judge_group]
    for group in known.groups() if of_groups else ():
        for kind, judge in of_groups:
            yield kind, group.resource, judge(group, known), group.carried


class _Tally:
    """What was judged so far."""

    def __init__(self, known: Known) -> None:
        self._known = known
        self._connection = known.snapshot.header.connection
        self._used: set[int] = set()
        self.examined: dict[FindingKind, int] = {}
        self._passed: Counter[tuple[FindingKind, str]] = Counter()
        self.findings: list[Finding] = []
        self.unknown: list[Unknown] = []

    def take(self, kind: Kind, resource: Resource, judged: Judgement, carried: Carried | None) -> None:
        if isinstance(judged, Passed):
            self._passed[kind.name, judged.reason] += 1
            return
        self.examined[kind.name] = self.examined.get(kind.name, 0) + 1
        if judged is None:
            return
        if isinstance(judged, Found) and carried is not None:
            judged = Unsure(reason="it could not be seen now", last_seen=carried)
        subject = subject_of(resource)
        if isinstance(judged, Unsure):
            last_seen = judged.last_seen or carried
            self.unknown.append(Unknown(kind=kind.name, subject=subject, reason=judged.reason, last_seen=last_seen))
            return
        subjects = (resource, *judged.others) if kind.joins else (resource,)
        about = "+".join(sorted(str(each.id) for each in subjects))
        self.findings.append(
            Finding(
                id=f"{self._connection}/{kind.name.value}/{about}",
                kind=kind.name,
                severity=self._severity(kind, resource),
                subject=subject,
                others=tuple(map(subject_of, judged.others)),
                why=judged.why,
                mend=kind.mend,
                since=judged.since,
                evidence=judged.evidence,
                requests=judged.requests,
                accepted=self._accepted(kind.name, subjects),
            )
        )

    def not_examined(self, kind: FindingKind) -> tuple[NotExamined, ...]:
        """How many were passed over, by the reason."""
        return tuple(
            NotExamined(number=number, reason=reason) for (of, reason), number in self._passed.items() if of is kind
        )

    def looked_at(self, kind: FindingKind) -> int:
        """How many there were for *kind*, judged or not."""
        return self.examined.get(kind, 0) + sum(one.number for one in self.not_examined(kind))

    def _severity(self, kind: Kind, resource: Resource) -> Severity:
        return kind.severity.raised() if kind.raised and self._known.is_privileged(resource.id) else kind.severity

    def _accepted(self, kind: FindingKind, subjects: Iterable[Resource]) -> str | None:
        """Why the configuration lets it be; of accounts of one person, naming one is enough."""
        if not self._known.settings.ignore:
            return None
        names = [called(each) for each in subjects]
        for place, accepted in enumerate(self._known.settings.ignore):
            if _is_about(accepted, kind, names):
                self._used.add(place)
                return accepted.reason
        return None

    def unused(self, kinds: list[FindingKind]) -> tuple[int, ...]:
        """The places of the acceptances of *kinds* that fit nothing; of those for every kind only where all are there."""
        return tuple(
            place
            for place, accepted in enumerate(self._known.settings.ignore)
            if place not in self._used and (accepted.kind in kinds if accepted.kind else len(kinds) == len(KINDS))
        )


def _is_about(accepted: AcceptedFinding, kind: FindingKind, names: list[set[str]]) -> bool:
    if accepted.kind not in (None, kind):
        return False
    who = accepted.who
    return who is None or any(who.strip().casefold() in each for each in names)
