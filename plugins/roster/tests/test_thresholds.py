"""An export is not believed where a sync of it would be held: the two thresholds are one."""

from jackfield.snapshots.losses import LOST_ROWS, LOST_SHARE
from jackfield_roster.unclear import SHORT_ROWS, SHORT_SHARE


def test_the_thresholds_are_the_same() -> None:
    assert (SHORT_SHARE, SHORT_ROWS) == (LOST_SHARE, LOST_ROWS)
