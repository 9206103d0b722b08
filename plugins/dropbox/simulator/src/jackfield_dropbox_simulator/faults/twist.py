"""How faults bend the data of one answer; a route asks this and knows nothing of faults otherwise."""

from __future__ import annotations

import msgspec

from ..wire.cursors import Cursor


class Twist(msgspec.Struct, kw_only=True):
    """The bends of one answer; all are off by default."""

    # "empty", "repeat" or "cycle": what a listing's cursor does instead of moving on; "empty" gives no rows either.
    paging: str = ""
    cycle: dict[Cursor, tuple[str, str]] = msgspec.field(default_factory=lambda: dict[Cursor, tuple[str, str]]())
    limit_above: int = 0
    duplicate: bool = False
    omit: int = 0
    omit_group: str = ""
    omit_share: float = 0.0
    share_group: str = ""
    count_delta: int = 0
    count_group: str = ""
    count_everywhere: bool = False
    count_absent: bool = False
    totals_delta: int = 0

    def omitted(self, group_id: str) -> int:
        """How many rows an answer about this group leaves out; the id is empty for other listings."""
        return self.omit if self.omit_group in ("", group_id) else 0

    def omitted_share(self, group_id: str) -> float:
        """How large a share at its end a listing about this group leaves out; the id is empty for other listings."""
        return self.omit_share if self.share_group in ("", group_id) else 0.0

    def delta(self, group_id: str, *, listed: bool) -> int:
        """What is added to the member count of a group, in groups/list or elsewhere."""
        return self.count_delta if self._counts(group_id) and (listed or self.count_everywhere) else 0

    def counted(self, group_id: str) -> bool:
        """Whether the member count of a group is shown."""
        return not (self.count_absent and self._counts(group_id))

    def _counts(self, group_id: str) -> bool:
        return self.count_group in ("", group_id)
