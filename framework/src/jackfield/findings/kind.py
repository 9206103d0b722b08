"""What a kind of finding is: what it says, from when on, what would mend it, and how it is worked out."""

from collections.abc import Callable, Iterator

import msgspec

from jackfield.config import FindingKind, FindingsSettings
from jackfield.findings.known import Account, Entry, Known
from jackfield.findings.model import Judgement, Severity
from jackfield_contracts import Resource

Judged = tuple[Resource, Judgement]


class Kind(msgspec.Struct, frozen=True, kw_only=True):
    """One kind of finding, worked out by exactly one of the functions.

    ``judge_account`` and ``judge_group`` are asked about one after the other, ``survey`` looks for itself and gives an
    answer for each that it has looked at. ``known`` says why nothing can be said of this kind, None where something can.
    ``keys`` are the settings that count, ``raised`` says that a finding weighs more about whoever holds something privileged,
    ``joins`` that the others of a finding are its subjects as well.
    """

    name: FindingKind
    title: str
    says: str
    how: str
    mend: str
    severity: Severity
    raised: bool = False
    joins: bool = False
    keys: tuple[str, ...] = ()
    plans: str = ""
    not_known: Callable[[Known], str | None] = lambda known: None
    judge_account: Callable[[Account, Known], Judgement] | None = None
    judge_group: Callable[[Entry, Known], Judgement] | None = None
    survey: Callable[[Known], Iterator[Judged]] | None = None

    def title_with(self, settings: FindingsSettings) -> str:
        """The title, with the numbers that are set."""
        return self.title.format(**{key: getattr(settings, key) for key in self.keys})
