"""The kinds of findings there are, in the order in which people read them."""

from jackfield.config import FindingKind
from jackfield.findings.admins import ADMINS
from jackfield.findings.duplicates import DUPLICATE_PEOPLE
from jackfield.findings.groups import EMPTY_GROUP, OWNERLESS_GROUP, SUSPENDED_OWNER
from jackfield.findings.kind import Kind
from jackfield.findings.people import DORMANT, INVITED, NO_EXTERNAL_ID, SUSPENDED_SEAT, UNVERIFIED_ADDRESS

KINDS: tuple[Kind, ...] = (
    ADMINS,
    DORMANT,
    INVITED,
    SUSPENDED_SEAT,
    DUPLICATE_PEOPLE,
    NO_EXTERNAL_ID,
    UNVERIFIED_ADDRESS,
    OWNERLESS_GROUP,
    SUSPENDED_OWNER,
    EMPTY_GROUP,
)


def chosen(names: tuple[FindingKind, ...]) -> tuple[Kind, ...]:
    """The kinds with these names, all where none is named."""
    return tuple(kind for kind in KINDS if not names or kind.name in names)
