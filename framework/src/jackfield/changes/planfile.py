"""Plan files: a plan as JSON with a digest of it, so that a file that was damaged or edited by hand is noticed.

Whoever edits it can compute the digest anew: whether a plan is one of ours is for ``origin`` to say.
"""

import hashlib
from pathlib import Path
from typing import Any, cast

import msgspec

from jackfield.errors import BadConfig, PlanOutdated, storing
from jackfield.files import MOST_BYTES, read_foreign, replacing
from jackfield.files.repeated_keys import repeated_key
from jackfield_contracts import Plan

FORMAT = "jackfield-plan/1"
_AGAIN = "Make it again with `jackfield plan`."


def save_plan(plan: Plan, file: Path) -> None:
    """Write *plan* to *file* (mode 0600), over an older one; whole or not at all."""
    body = msgspec.to_builtins(plan)
    document = {"format": FORMAT, "digest": _digest(body), "plan": body}
    with storing(file):
        if file.exists() and not _is_plan(file):
            raise BadConfig(f"{file} is there already, and is no plan", hint="Name another file; nothing was written.")
        with replacing(file) as to:
            to.write(msgspec.json.format(msgspec.json.encode(document), indent=2) + b"\n")


def read_plan(file: Path, *, most: int = MOST_BYTES) -> tuple[Plan, str]:
    """The plan in *file*, of at most *most* bytes, and the digest of it as it is written there.

    Raises BadConfig if it is none, PlanOutdated if it was changed since it was written.
    """
    with storing(file):
        try:
            content = read_foreign(file, what="the plan", most=most)
        except FileNotFoundError as error:
            raise BadConfig(f"the plan {file} can't be read: {error.strerror}") from None
    try:
        document = msgspec.json.decode(content)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        document = None
    known = cast("dict[str, Any]", document) if isinstance(document, dict) else {}
    if (twice := repeated_key(content)) is not None:
        raise PlanOutdated(
            f"the plan {file} was changed after it was written: the key {twice!r} stands in it twice", hint=_AGAIN
        )
    if known.get("format") != FORMAT or known.keys() != {"format", "digest", "plan"}:
        raise BadConfig(f"{file} is no plan", hint="`jackfield plan CONNECTION FILE -o PLAN` writes one.")
    if _digest(known["plan"]) != known.get("digest"):
        raise PlanOutdated(f"the plan {file} was changed after it was written", hint=_AGAIN)
    try:
        plan = msgspec.convert(known["plan"], Plan)
    except msgspec.ValidationError as error:
        raise PlanOutdated(f"the plan {file} is of another version: {error}", hint=_AGAIN) from None
    if (more := _unread(known["plan"], msgspec.to_builtins(plan))) is not None:
        # It may forbid what is asked for beside it.
        raise PlanOutdated(f"the plan {file} is of another version: no plan of this one has {more!r}", hint=_AGAIN)
    return plan, known["digest"]


def _unread(given: Any, taken: Any) -> str | None:
    """A key of *given* that says something and is not in *taken*, which was made of it."""
    if isinstance(given, dict) and isinstance(taken, dict):
        left = cast("dict[str, Any]", taken)
        for key, value in cast("dict[str, Any]", given).items():
            found = _unread(value, left[key]) if key in left else key if value else None
            if found is not None:
                return found
    elif isinstance(given, list) and isinstance(taken, list | tuple):
        for one, other in zip(cast("list[Any]", given), cast("list[Any]", taken), strict=False):
            if (found := _unread(one, other)) is not None:
                return found
    return None


def digest_of(plan: Plan) -> str:
    """The digest of all that is in *plan*."""
    return _digest(msgspec.to_builtins(plan))


def _is_plan(file: Path) -> bool:
    """Whether a file is a plan, of whichever version: what a plan may be written over."""
    if not file.is_file():
        return False
    with file.open("rb") as opened:
        return b'"jackfield-plan/' in opened.read(200)


def _digest(body: Any) -> str:
    return "sha256:" + hashlib.sha256(msgspec.json.encode(body, order="sorted")).hexdigest()
