"""How many requests a full sync may make, by the team's truth."""

from collections.abc import Mapping
from math import ceil
from typing import Any

LARGE = 5000


def allowed_requests(truth: Mapping[str, Any]) -> int:
    """The most for a team without disagreeing counts, the token included."""
    users, groups = len(truth["users"]), truth["groups"]
    sizes = [len(one["members"]) for one in groups if one["management_type"] == "user_managed"]
    small = sum(size for size in sizes if size <= LARGE)
    large = sum(ceil(size / 1000) for size in sizes if size > LARGE)
    return ceil(users / 1000) + ceil(len(groups) / 1000) + ceil(small / 2000) + large + 4
