"""The last sign-in of each person, with the window of time that is known of.

Promises that somebody is called dormant only where the log covers the whole time in question, which is measured back from the
moment until which it does: dormant is dormant as of then. Hides the comparison of times.
"""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

import msgspec

from jackfield_contracts import Resource, ResourceId, UserTrait


class SignIns(msgspec.Struct, frozen=True, kw_only=True):
    """``last`` is the newest known sign-in of each principal. All times are aware and UTC.

    Every sign-in from ``known_from`` to ``known_until`` is in it; of what came before or after, some may be.
    """

    known_from: datetime
    known_until: datetime
    last: Mapping[ResourceId, datetime]

    @property
    def as_of(self) -> datetime | None:
        """The moment from which dormancy is measured back; None where all sign-ins are known of no time yet."""
        return self.known_until if self.known_from <= self.known_until else None

    def dormant(self, person: Resource, days: int) -> bool | None:
        """Whether *person* did not sign in within the *days* before ``as_of``, or since; None where it isn't known.

        Whoever came within these days isn't dormant; of somebody who never signed in, and whose
        account may have come within them, it isn't known.
        """
        since = self.known_until - timedelta(days=days)
        last = self.last.get(person.id)
        if last is not None and last >= since:
            return False
        came = _came(person)
        if came is not None and came > since:
            return False
        if self.known_from > since or (came is None and last is None):
            return None
        return True


def _came(person: Resource) -> datetime | None:
    """Since when the account can have been used; None where it isn't known."""
    trait = person.trait
    joined = (trait.joined if isinstance(trait, UserTrait) else None) or person.created
    return joined if joined is None or joined.tzinfo is not None else joined.replace(tzinfo=UTC)
