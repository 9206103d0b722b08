"""How old an export is: in words, and as the moment since which it says what it says."""

from collections.abc import Sequence
from datetime import UTC, datetime

from jackfield.hookspecs import Clock
from jackfield_contracts import Diagnostic, Severity
from jackfield_roster.config import Place, RosterConfig
from jackfield_roster.reading import Export, Reader

_NOT_YET_HOURS = 24.0

_NOBODY_KNOWS = datetime.min.replace(tzinfo=UTC)


def exported(export: Export) -> datetime:
    """When the file was last written, in UTC."""
    return datetime.fromtimestamp(export.modified / 1e9, UTC)


class Stood:
    """Since when exports say what they say: the moments at which they were written, each looked at once.

    Of one whose date has not come nobody knows when it was written: it may be of before anything that was asked for.
    """

    def __init__(self, reader: Reader, clock: Clock) -> None:
        self._reader = reader
        self._clock = clock
        self._known: dict[str, datetime] = {}

    async def of(self, place: Place) -> datetime:
        """When the export of *place* was written."""
        if place.label not in self._known:
            written = exported(await self._reader.find(place.mapping))
            self._known[place.label] = written if written <= self._clock.now() else _NOBODY_KNOWS
        return self._known[place.label]

    def known(self) -> dict[str, str]:
        """When each export that was looked at was written, by its label; of those whose date has come."""
        return {label: at.isoformat() for label, at in self._known.items() if at != _NOBODY_KNOWS}

    async def oldest(self, places: Sequence[Place]) -> str:
        """When the oldest of them was written."""
        return min([await self.of(place) for place in places]).isoformat()


def age_hours(export: Export, clock: Clock) -> float:
    """Hours since then."""
    return (clock.now() - exported(export)).total_seconds() / 3600


def age_text(export: Export, clock: Clock) -> str:
    """The same in words."""
    hours = age_hours(export, clock)
    if hours < -1:
        return f"dated {-hours:.0f} hours ahead"
    hours = max(0.0, hours)
    if hours >= 48:
        return f"{hours / 24:.0f} days old"
    return f"{hours:.0f} hours old" if hours >= 2 else f"{hours * 60:.0f} minutes old"


def old(place: Place, export: Export, config: RosterConfig, clock: Clock) -> Diagnostic | None:
    """A warning if the export is older than the configuration allows, or of a day that has not come."""
    most = config.max_age_hours
    if age_hours(export, clock) < -_NOT_YET_HOURS:
        return Diagnostic(
            code="export_of_the_future",
            severity=Severity.WARNING,
            summary=f"the export of {place.label} is of {exported(export):%Y-%m-%d %H:%M} UTC, which has not come: it counts as"
            " the newest until then, and newer ones are not read",
            path=export.name,
            hint="Look at the clock of the machine that wrote it; remove it, or give it its real date.",
        )
    if most is None or age_hours(export, clock) <= most:
        return None
    return Diagnostic(
        code="old_export",
        severity=Severity.WARNING,
        summary=f"the export of {place.label} is older than {most:g} hours: it is of"
        f" {exported(export):%Y-%m-%d %H:%M} UTC",
        path=export.name,
        hint="Have the application export anew; see whether its schedule still runs.",
    )
