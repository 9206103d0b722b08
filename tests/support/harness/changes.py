"""Random changes of a team, small enough for the brake to let them pass."""

import random
from typing import Any

from jackfield_dropbox_simulator.launch import Control, ControlError

_NAMES = ("Zoë", "李", "O'Brien", "Åse", "مريم", "n/a:#%", "Łukasz", "=1+1", "𝒥")


def change_at_random(control: Control, rng: random.Random, times: int) -> int:
    """Make some *times* changes of every kind; how many were made: some are refused, as Dropbox refuses them."""
    truth = control.truth()
    users = [one["team_member_id"] for one in truth["users"]]
    sizes = {one["group_id"]: len(one["members"]) for one in truth["groups"]}
    groups = list(sizes)
    # Small ones only are deleted: the loss of a large one is held by the brake.
    small = [id for id, size in sizes.items() if size <= max(1, sum(sizes.values()) // 50)]
    roles = [one["role_id"] for one in truth["roles"]]
    made = 0
    for _ in range(times):
        try:
            users += control.change(_one(rng, users, groups, small, roles, made_up=f"{rng.randrange(10**9)}"))
        except ControlError:
            continue
        made += 1
        users = [id for id in dict.fromkeys(users) if id.startswith("dbmid:")]
    return made


def _one(
    rng: random.Random, users: list[str], groups: list[str], small: list[str], roles: list[str], *, made_up: str
) -> dict[str, Any]:
    kinds = ["join", "invite", "leave", "suspend", "unsuspend", "activate", "recover", "rename_member", "change_email"]
    kinds += ["set_role", "create_group"]
    if groups:
        kinds += ["group_add", "group_remove", "set_access", "group_add", "set_access", "rename_group"]
    if small and rng.random() < 0.1:
        kinds = ["delete_group"]
    one: dict[str, Any] = {"do": rng.choice(kinds)}
    if one["do"] in ("join", "invite"):
        return {**one, "email": f"new{made_up}@sim.example.com", "given": rng.choice(_NAMES), "surname": made_up}
    one |= {"user": rng.choice(users)}
    match one["do"]:
        case "rename_member":
            one |= {"given": rng.choice(_NAMES), "surname": rng.choice(_NAMES)}
        case "change_email":
            one |= {"email": f"moved{made_up}@sim.example.com"}
        case "set_role":
            one |= {"role": rng.choice([*roles, None])}
        case "create_group":
            managed = rng.choice(["user_managed", "company_managed"])
            one |= {"name": f"{rng.choice(_NAMES)} {made_up}", "management": managed, "external_id": f"x/{made_up}"}
        case "rename_group":
            one |= {"group": rng.choice(groups), "name": f"{rng.choice(_NAMES)} {made_up}"}
        case "group_add" | "set_access":
            one |= {"group": rng.choice(groups), "access": rng.choice(["member", "owner"])}
        case "group_remove":
            one |= {"group": rng.choice(groups)}
        case "delete_group":
            one |= {"group": small.pop(rng.randrange(len(small)))}
        case "leave":
            one |= {"keep_account": rng.random() < 0.3}
        case _:
            pass
    return one
