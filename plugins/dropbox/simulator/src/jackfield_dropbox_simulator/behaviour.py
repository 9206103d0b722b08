"""What Dropbox does where its documentation is silent: a switch for each thing that a connector may presume.

The first value of each switch is what the simulator does by default. Whatever the switches say, `control/truth.py` tells
the real team. `docs/reference/dropbox-presumptions.md` says which presumption each of them is for.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, get_args, get_type_hints

import msgspec

Order = Literal["joined", "reversed", "shuffled"]


class Behaviour(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """All switches; one that breaks a record breaks that of one member, one group or one member of a group."""

    # What counts count.
    used_licenses: Literal["full", "limited_too", "active_and_invited", "zero"] = "full"
    provisioned_users: Literal["active_and_invited", "suspended_too"] = "active_and_invited"
    member_count: Literal["everybody", "without_suspended", "without_invited", "without_either"] = "everybody"
    # What listings and profiles give.
    profile_groups: Literal["all", "without_system", "absent_for_some"] = "all"
    groups_listed: Literal["all", "without_system"] = "all"
    listing_order: Order = "joined"
    system_info: Literal["without_members", "with_members"] = "without_members"
    system_listing: Literal["whole", "partial", "empty"] = "whole"
    role_catalogue: Literal["all", "without_one"] = "all"
    role_listed: Literal["same", "another"] = "same"
    plain_roles: Literal["mixed", "empty", "absent", "null"] = "mixed"
    # What asking for one thing gives.
    removed_looked_up: Literal["known", "id_not_found"] = "known"
    removed_profile: Literal["bare", "keeps_groups", "keeps_all"] = "bare"
    unknown_group: Literal["id_not_found", "error"] = "id_not_found"
    email_case: Literal["any", "exact"] = "any"
    email_selectors: Literal["primary", "secondary_too"] = "primary"
    groups_a_call: Literal["any", "refuses_many", "fails_for_many"] = "any"
    members_a_call: Literal["any", "refuses_many", "fails_for_many"] = "any"
    # Records that break the documentation.
    broken_member: Literal[
        "none",
        "groups_null",
        "groups_text",
        "emails_null",
        "no_id",
        "empty_id",
        "no_email",
        "no_status",
        "no_name",
        "no_profile",
    ] = "none"
    broken_group: Literal["none", "no_id", "empty_id", "no_name", "no_management", "count_text"] = "none"
    broken_group_member: Literal["none", "no_profile", "no_id", "empty_id", "no_access", "null"] = "none"
    # What the event log gives.
    event_ids: Literal["all", "account_only", "email_only", "none"] = "all"
    events_order: Literal["arrived", "shuffled"] = "arrived"
    events_repeated: Literal["never", "each_page"] = "never"
    lost_cursor: Literal["reset", "bad_cursor"] = "reset"
    broken_event: Literal["none", "no_time", "no_type"] = "none"
    # What writes do and answer.
    added: Literal[
        "documented", "no_roles", "nested", "unknown_tag", "no_profile", "no_email", "of_another", "by_further_email"
    ] = "documented"
    write_answer: Literal["documented", "unknown_tag", "empty_object", "list", "text", "no_json"] = "documented"
    rehire: Literal["already_on_team", "invites_anew"] = "already_on_team"
    recoverable_for: Literal["seven_days", "one_day"] = "seven_days"
    group_batch: Literal["atomic", "partial"] = "atomic"

    @property
    def documented(self) -> bool:
        """Whether all switches stand as they do by default."""
        return self == Behaviour()


MOST_A_CALL = 3
"""Groups or members in one call from which on `refuses_many` and `fails_for_many` do so."""


def values() -> dict[str, tuple[str, ...]]:
    """Each switch with its values, the default first."""
    hints = get_type_hints(Behaviour)
    return {name: get_args(hints[name]) for name in Behaviour.__struct_fields__}


def changed(behaviour: Behaviour, asked: Mapping[str, Any]) -> Behaviour:
    """*behaviour* with what is *asked* for; an unknown switch or value is a ValueError."""
    known = values()
    for name, value in asked.items():
        if name not in known:
            raise ValueError(f"no switch {name!r}; there are {', '.join(known)}")
        if value not in known[name]:
            raise ValueError(f"{name} is one of {', '.join(known[name])}")
    return msgspec.structs.replace(behaviour, **dict(asked))


def flips() -> list[dict[str, str]]:
    """Each switch at each value but its default, alone."""
    return [{name: value} for name, options in values().items() for value in options[1:]]
