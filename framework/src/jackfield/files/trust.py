"""Who else may write a file, or put another in its place: by owners and modes, of it and of the folders that lead to it.

Access lists beyond owner and mode are not looked at.
"""

import os
import stat
from collections.abc import Generator
from pathlib import Path

from jackfield.errors import BadConfig

_MOST_LINKS = 40
_OTHERS = 0o022


def demand_trusted(place: Path, *, what: str, hint: str, adding: bool = False) -> None:
    """Raise BadConfig where a user other than this one and root may write *place*, or put another thing there.

    Folders that are missing are no matter: they are made with mode 0700. *what* names it in the message. *adding*: it is a
    folder to which others may add, if they can't replace: whatever is used in it is looked at by itself.
    """
    if (why := distrust(place, adding=adding)) is not None:
        raise BadConfig(f"{what} {place} is not used: another user may write it, since {why}", hint=hint)


def distrust(place: Path, *, adding: bool = False) -> str | None:
    """Why another user may write *place* or put another thing there, None if nobody may.

    Every folder on the way is looked at, and every link with the way to where it leads. In a folder with the sticky bit
    others may add, and not replace; at the end of the way that is enough if *adding*.
    """
    return next((why for _, why in _steps(place, adding=adding) if why is not None), None)


def planted(place: Path) -> str | None:
    """Why another user may have made a link that the way to *place* follows, None if there is no such link.

    Without a link, it is no matter who else may write there.
    """
    whys: list[str] = []
    for is_link, why in _steps(place):
        if why is not None:
            whys.append(why)
        if is_link and whys:
            return whys[0]
    return None


def _steps(place: Path, *, adding: bool = False) -> Generator[tuple[bool, str | None]]:
    """What the way to *place* goes through, as far as it is there: whether it is a link, and why others may have put it there."""
    place = place.absolute()
    parts = list(reversed(place.parts[1:]))
    at = Path(place.anchor)
    links = 0
    yield False, _why(at, os.lstat(at), last=not (parts or adding))
    while parts:
        part = parts.pop()
        if part == "..":
            at = at.parent
            continue
        here = at / part
        try:
            found = os.lstat(here)
            target = here.readlink() if stat.S_ISLNK(found.st_mode) else None
        except FileNotFoundError:
            return
        if target is None:
            at = here
            yield False, _why(at, found, last=not (parts or adding))
            continue
        links += 1
        why = None if _ours(found.st_uid) else f"{here} is a link of the user {found.st_uid}"
        yield True, why if links <= _MOST_LINKS else f"{here} is one of too many links"
        if links > _MOST_LINKS:
            return
        if target.is_absolute():
            at = Path(target.anchor)
            parts += reversed(target.parts[1:])
        else:
            parts += reversed(target.parts)


def _why(place: Path, found: os.stat_result, *, last: bool) -> str | None:
    if not _ours(found.st_uid):
        return f"{place} belongs to the user {found.st_uid}"
    sticky = stat.S_ISDIR(found.st_mode) and found.st_mode & stat.S_ISVTX
    writers = found.st_mode & _OTHERS
    if not writers or (sticky and not last):
        return None
    if writers == stat.S_IWGRP and _private_group(found.st_gid):
        return None
    whose = "everybody" if writers & stat.S_IWOTH else f"the group {found.st_gid}"
    return f"{whose} may write {place} (mode {stat.S_IMODE(found.st_mode):04o})"


def _ours(user: int) -> bool:
    return user in (0, os.geteuid())


def _private_group(group: int) -> bool:
    """Whether *group* is this user's alone, as many systems give each user one: of the same name, without other members."""
    import grp
    import pwd

    try:
        me, one = pwd.getpwuid(os.geteuid()), grp.getgrgid(group)
    except KeyError:
        return False
    return me.pw_uid != 0 and me.pw_gid == group and one.gr_name == me.pw_name and set(one.gr_mem) <= {me.pw_name}
