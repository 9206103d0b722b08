"""The kinds of findings that are about one account at a time."""

from datetime import datetime, timedelta

from jackfield.config import FindingKind
from jackfield.findings.earlier import pending_since
from jackfield.findings.kind import Kind
from jackfield.findings.known import Account, Held, Known, aware, day
from jackfield.findings.model import Fact, Found, Judgement, Passed, Severity, Unsure
from jackfield.snapshots.access import access_of
from jackfield_contracts import AccountStatus, AccountType

_THERE = (AccountStatus.ENABLED, AccountStatus.DISABLED, AccountStatus.PENDING)

NOT_A_PERSON = Passed(reason="accounts of programs, or of the application itself")


def is_person(account: Account) -> bool:
    """Whether it may be a person's account, and not one of a program or of the application itself."""
    return account.trait.account_type not in (AccountType.SERVICE, AccountType.SYSTEM)


def status_of(account: Account, known: Known) -> Fact:
    """The status as evidence, with the application's own word for it."""
    status, raw = account.trait.status.value, account.trait.status_raw
    return known.fact("status", f"{status} ({raw})" if raw not in ("", status) else status, account.resource.scope)


def _no_sign_ins(known: Known) -> str | None:
    if known.sign_ins is None:
        return "no sign-ins are known of this connection, because its activity has not been read"
    return None


def _dormant(account: Account, known: Known) -> Judgement:
    sign_ins, days = known.sign_ins, known.settings.dormant_days
    if sign_ins is None or account.trait.status is not AccountStatus.ENABLED:
        return None
    if not is_person(account):
        return NOT_A_PERSON
    dormant = sign_ins.dormant(account.resource, days)
    if dormant is False:
        return None
    window = f"sign-ins are known from {day(sign_ins.known_from)} to {day(sign_ins.known_until)}"
    if dormant is None:
        return Unsure(reason=window)
    last = sign_ins.last.get(account.resource.id)
    created = account.resource.created
    said = f"last signed in on {day(last)}" if last else f"has not signed in since {day(sign_ins.known_from)}"
    said = f"{said}, as of {day(sign_ins.known_until)}"
    evidence = [
        status_of(account, known),
        Fact(what="last sign-in", value=aware(last).isoformat() if last else "none that is known"),
        Fact(
            what="known of sign-ins", value=f"{sign_ins.known_from.isoformat()} to {sign_ins.known_until.isoformat()}"
        ),
    ]
    if created is not None:
        evidence.append(known.fact("created", aware(created).isoformat(), account.resource.scope))
    request = {"kind": "disable_account", "account": str(account.resource.id)}
    return Found(why=said, since=last, evidence=tuple(evidence), requests=(request,))


def _invited(account: Account, known: Known) -> Judgement:
    if account.trait.status is not AccountStatus.PENDING:
        return None
    if known.taken is None:
        return Unsure(reason="it is not known when the snapshot was taken")
    limit = known.taken - timedelta(days=known.settings.invited_days)
    told = account.trait.invited or account.resource.created
    if told is not None:
        if aware(told) >= limit:
            return None
        what = "invited" if account.trait.invited else "created"
        age = known.fact(what, aware(told).isoformat(), account.resource.scope)
        return _still_invited(account, known, known.taken, aware(told), age, f"invited on {day(told)}")
    before = pending_since(known, account.resource.id, limit)
    if before is None:
        return Unsure(reason="the application does not say since when, and no older snapshot shows it")
    if before.taken >= limit:
        return Unsure(
            reason=f"the application does not say since when; the oldest snapshot that shows it is of {day(before.taken)}"
        )
    age = Fact(what="pending already", value="yes", scope=before.scope, run=before.run, taken=before.taken.isoformat())
    return _still_invited(account, known, known.taken, before.taken, age, f"invited on {day(before.taken)} or before")


def _still_invited(account: Account, known: Known, taken: datetime, since: datetime, age: Fact, why: str) -> Found:
    days = (taken - since).days
    return Found(
        why=f"{why}, {days:,} days before the snapshot, and has not accepted",
        since=since,
        evidence=(status_of(account, known), age),
        requests=({"kind": "delete_account", "account": str(account.resource.id)},),
    )


def _no_seats(known: Known) -> str | None:
    return None if known.seats else "the snapshot tells of no licences"


def _suspended_seat(account: Account, known: Known) -> Judgement:
    if account.trait.status is not AccountStatus.DISABLED:
        return None
    found = access_of(known.snapshot, account.resource.id)
    held = [Held(known.seats[one.entitlement], one) for one in found if one.entitlement in known.seats]
    seen = [one for one in held if one.carried is None]
    if not seen:
        if not held:
            return None
        return Unsure(reason="whether it still holds the seat could not be seen", last_seen=held[0].carried)
    names = ", ".join(dict.fromkeys(one.offer.name for one in seen))
    since = account.trait.suspended
    return Found(
        why=f"is suspended and holds: {names}",
        since=aware(since) if since else None,
        evidence=(status_of(account, known), *map(known.holding, seen)),
        requests=_without_seats(account, seen, known),
    )


def _without_seats(account: Account, seats: list[Held], known: Known) -> tuple[dict[str, str], ...]:
    """The seats taken back where that can be done by itself, else the account deleted; nothing where they are inherited."""
    id = str(account.resource.id)
    if any(held.access.path for held in seats):
        return ()
    grants = [known.grant(held.offer.id, account.resource.id) for held in seats]
    if any(held.offer.immutable for held in seats) or any(grant and grant.immutable for grant in grants):
        return ({"kind": "delete_account", "account": id},)
    return tuple({"kind": "revoke", "entitlement": str(held.offer.id), "principal": id} for held in seats)


def _no_external_ids(known: Known) -> str | None:
    if known.tells_external_ids:
        return None
    return (
        f"no account of the snapshot has an id called {known.settings.external_id!r}: the application may not tell it"
    )


def _no_external_id(account: Account, known: Known) -> Judgement:
    name = known.settings.external_id
    if account.trait.external_ids.get(name):
        return None
    if not is_person(account):
        return NOT_A_PERSON
    if account.trait.status is AccountStatus.UNKNOWN:
        return Unsure(reason="the status of the account is not known")
    if account.trait.status not in _THERE:
        return None
    others = ", ".join(sorted(account.trait.external_ids)) or "none"
    return Found(
        why=f"has no id called {name}, by which another system knows it",
        evidence=(status_of(account, known), known.fact("external ids", others, account.resource.scope)),
    )


def _none_verified(known: Known) -> str | None:
    return None if known.tells_verified else "the application does not say which addresses are verified"


def _unverified(account: Account, known: Known) -> Judgement:
    if account.trait.status is not AccountStatus.ENABLED:
        return None
    open_ = [one.address for one in account.trait.emails if one.verified is False]
    if not open_:
        unclear = any(one.verified is None for one in account.trait.emails)
        return Unsure(reason="the application does not say of each address whether it is verified") if unclear else None
    return Found(
        why=f"not verified: {', '.join(open_)}",
        evidence=(
            status_of(account, known),
            *(known.fact("address, not verified", each, account.resource.scope) for each in open_),
        ),
    )


DORMANT = Kind(
    name=FindingKind.DORMANT,
    title="dormant for {dormant_days} days",
    says="An enabled account of a person who has not signed in for so many days.",
    how="The last sign-in of the connection's activity, counted back from the moment until which all are known; where the log"
    " does not cover the whole time, it is unknown.",
    mend="Ask whether the account is needed; disable it if not.",
    plans="disables the account",
    severity=Severity.MEDIUM,
    raised=True,
    keys=("dormant_days",),
    not_known=_no_sign_ins,
    judge_account=_dormant,
)
INVITED = Kind(
    name=FindingKind.INVITED,
    title="invited for more than {invited_days} days",
    says="A pending account that is older than so many days at the time of the snapshot.",
    how="The day of the invitation, else of the account, else of the oldest of the snapshots before in which it was"
    " pending all along.",
    mend="Withdraw the invitation, or send it once more.",
    plans="deletes the account, which nobody has used",
    severity=Severity.LOW,
    raised=True,
    keys=("invited_days",),
    judge_account=_invited,
)
SUSPENDED_SEAT = Kind(
    name=FindingKind.SUSPENDED_SEAT,
    title="suspended, yet holds a seat",
    says="A disabled account that holds a licence.",
    how="Grants on licences, inherited ones included.",
    mend="Take the seat back, or delete the account once its files are somebody else's.",
    plans="revokes the seat, or deletes the account where a seat can't be taken back by itself",
    severity=Severity.LOW,
    not_known=_no_seats,
    judge_account=_suspended_seat,
)
NO_EXTERNAL_ID = Kind(
    name=FindingKind.NO_EXTERNAL_ID,
    title="without external id",
    says="An account of a person, not deleted, that has no external id of the name that is set: no other system manages it.",
    how="The external ids of the account. Where no account at all has such an id, it is unknown.",
    mend="Connect the account with the directory, or set its external id.",
    severity=Severity.LOW,
    raised=True,
    keys=("external_id",),
    not_known=_no_external_ids,
    judge_account=_no_external_id,
)
UNVERIFIED_ADDRESS = Kind(
    name=FindingKind.UNVERIFIED_ADDRESS,
    title="unverified address",
    says="An enabled account with an address that the application says is not verified.",
    how="What the application says of each address; where it says nothing, it is unknown.",
    mend="Have the person verify the address, or take it off the account.",
    severity=Severity.LOW,
    raised=True,
    not_known=_none_verified,
    judge_account=_unverified,
)
