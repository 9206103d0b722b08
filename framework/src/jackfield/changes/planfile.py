"""Plan files: a plan as JSON with a digest of it, so that a change to the file is noticed."""

import hashlib
from pathlib import Path
from typing import Any, cast

import msgspec

from jackfield.errors import BadConfig, PlanOutdated, storing
from jackfield.files import MOST_BYTES, read_foreign, replacing
from jackfield_contracts import Plan

FORMAT = "jackfield-plan/1"


def save_plan(plan: Plan, file: Path) -> None:
    """Write *plan* to *file* (mode 0600), over an older one; whole or not at all."""
    body = msgspec.to_builtins(plan)
    document = {"format": FORMAT, "digest": _digest(body), "plan": body}
    with storing(file):
        if file.exists() and not _is_plan(file):
            raise BadConfig(f"{file} is there already, and is no plan", hint="Name another file; nothing was written.")
        with replacing(file) as to:
            to.write(msgspec.json.format(msgspec.json.encode(document), indent=2) + b"\n")


def load_plan(file: Path, *, most: int = MOST_BYTES) -> Plan:
    """The plan in *file*, of at most *most* bytes.

    Raises BadConfig if it is none, PlanOutdated if it was changed since it was written.
    """
    with storing(file):
        try:
            content = read_foreign(file, what="the plan", most=most)
        except FileNotFoundError as error:
            raise BadConfig(f"the plan {file} can't be read: {error.strerror}") from None
    try:
        document = msgspec.json.decode(content)
    except (msgspec.DecodeError, RecursionError):
        document = None
    known = cast("dict[str, Any]", document) if isinstance(document, dict) else {}
    if known.get("format") != FORMAT or known.keys() != {"format", "digest", "plan"}:
        raise BadConfig(f"{file} is no plan", hint="`jackfield plan CONNECTION FILE -o PLAN` writes one.")
    if _digest(known["plan"]) != known.get("digest"):
        raise PlanOutdated(
            f"the plan {file} was changed after it was written", hint="Make it again with `jackfield plan`."
        )
    try:
        return msgspec.convert(known["plan"], Plan)
    except msgspec.ValidationError as error:
        raise PlanOutdated(
            f"the plan {file} is of another version: {error}", hint="Make it again with `jackfield plan`."
        ) from None


def _is_plan(file: Path) -> bool:
    """Whether a file is a plan, of whichever version: what a plan may be written over."""
    if not file.is_file():
        return False
    with file.open("rb") as opened:
        return b'"jackfield-plan/' in opened.read(200)


def _digest(body: Any) -> str:
    return "sha256:" + hashlib.sha256(msgspec.json.encode(body, order="sorted")).hexdigest()
