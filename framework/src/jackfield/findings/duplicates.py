"""Accounts that are of the same person: they share an address, a login or an external id. Names alone are no evidence."""

import unicodedata
from collections.abc import Iterator
from typing import NamedTuple

from jackfield.config import FindingKind
from jackfield.findings.kind import Judged, Kind
from jackfield.findings.known import Account, Known
from jackfield.findings.model import Found, Severity, Unsure
from jackfield.findings.people import NOT_A_PERSON, is_person, status_of
from jackfield.snapshots.naming import addresses
from jackfield_contracts import AccountStatus, AccountType, Resource

Key = tuple[str, str]
"""By what accounts are compared (the name of an external id, or *address*), and the value."""

_ADDRESS = "address or login"


def _keys(account: Account) -> Iterator[Key]:
    for text in addresses(account.resource):
        if plain := unicodedata.normalize("NFC", text.strip()).casefold():
            yield _ADDRESS, plain
    for name, value in account.trait.external_ids.items():
        if value.strip():
            yield name, value.strip()


def _nothing_to_compare(known: Known) -> str | None:
    for account in known.accounts():
        if next(_keys(account), None) is not None:
            return None
    return "no account of the snapshot has an address, a login or an external id"


def _compared(account: Account) -> bool:
    return is_person(account) and account.trait.status is not AccountStatus.DELETED


def _is_sure(account: Account) -> bool:
    known = account.trait.status is not AccountStatus.UNKNOWN and account.trait.account_type is not AccountType.UNKNOWN
    return known and account.carried is None


class _Shared(NamedTuple):
    """Accounts that have something in common, and what."""

    accounts: list[Account]
    keys: list[Key]


def _survey(known: Known) -> Iterator[Judged]:
    first: dict[Key, int] = {}
    shared: set[Key] = set()
    for account in known.accounts():
        if not is_person(account):
            yield account.resource, NOT_A_PERSON
        elif _compared(account):
            for key in _keys(account):
                if first.setdefault(key, account.key) != account.key:
                    shared.add(key)
    if not shared:
        return
    holders: dict[Key, list[Account]] = {key: [] for key in shared}
    for account in known.accounts():
        if _compared(account):
            for key in dict.fromkeys(_keys(account)):
                if key in holders:
                    holders[key].append(account)
    told: set[int] = set()
    for group in _joined({key: [one for one in each if _is_sure(one)] for key, each in holders.items()}):
        told.update(account.key for account in group.accounts)
        yield _found(group, known)
    for key in sorted(shared):
        for account in holders[key]:
            if account.key not in told:
                told.add(account.key)
                yield account.resource, _unsure(account, key)


def _joined(holders: dict[Key, list[Account]]) -> list[_Shared]:
    """The accounts that share something, directly or through others, together."""
    leader: dict[int, int] = {}

    def lead(key: int) -> int:
        while leader[key] != key:
            leader[key] = leader[leader[key]]
            key = leader[key]
        return key

    several = {key: each for key, each in sorted(holders.items()) if len(each) > 1}
    known: dict[int, Account] = {}
    for accounts in several.values():
        for account in accounts:
            known[account.key] = account
            leader.setdefault(account.key, account.key)
            leader[lead(account.key)] = lead(accounts[0].key)
    found: dict[int, _Shared] = {}
    for key in sorted(known, key=lambda each: known[each].resource.id):
        found.setdefault(lead(key), _Shared([], [])).accounts.append(known[key])
    for key, accounts in several.items():
        found[lead(accounts[0].key)].keys.append(key)
    return list(found.values())


def _found(group: _Shared, known: Known) -> tuple[Resource, Found]:
    first, *others = group.accounts
    same = "; ".join(f"{name} {value}" for name, value in group.keys)
    return first.resource, Found(
        why=f"{len(group.accounts):,} accounts share {same}",
        others=tuple(account.resource for account in others),
        evidence=(
            *(known.fact(f"same {name}", value, first.resource.scope) for name, value in group.keys),
            *(status_of(account, known) for account in group.accounts),
        ),
    )


def _unsure(account: Account, key: Key) -> Unsure:
    name, value = key
    return Unsure(
        reason=f"another account has the {name} {value}, and one of them could not be seen, or has an unknown status or type",
        last_seen=account.carried,
    )


DUPLICATE_PEOPLE = Kind(
    name=FindingKind.DUPLICATE_PEOPLE,
    title="several accounts of one person",
    says="Accounts of people, not deleted, that share an address, a login or an external id.",
    how="Addresses and logins without regard to the case of letters, external ids as they stand. Names alone are no evidence.",
    mend="Find out which account is used, and delete the other.",
    severity=Severity.MEDIUM,
    joins=True,
    not_known=_nothing_to_compare,
    survey=_survey,
)
