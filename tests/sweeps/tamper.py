"""Plan files of which one field was altered: what ``apply`` says and does, and that nothing is made that was not shown.

What was made is what the simulator counts; what was shown is what ``apply --dry-run`` prints of that very file.
"""

import json
import random
import re
import shutil
import sys
import tempfile
from collections import Counter
from collections.abc import Generator, Iterable
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec
from harness.alterations import Alteration, alterations, altered
from harness.besides import Beside
from harness.cli import NAME, Ended, Site
from harness.errands import NEW, TEAM, Places
from harness.evidence import table, write
from harness.inprocess import run
from harness.rosters import Roster

from jackfield_dropbox_simulator.thread import running

_CONFIRM = re.compile(r"--confirm ('[^']+'|[^\s']+)=(\d+)")
HARMLESS = ("invitations", "welcome_mails", "group_additions", "unsuspensions", "recoveries", "profile_changes")
"""What may be made of an altered plan with ``--yes`` alone: nobody is asked about the like of it."""
_WORDS: dict[str, tuple[str, ...]] = {
    "invitations": ("create the account",),
    "welcome_mails": ("create the account", "send_welcome_email"),
    "wipes": ("wipes devices",),
    "removals": ("delete the account",),
    "recoveries": ("recover_user",),
    "suspensions": ("disable_user",),
    "unsuspensions": ("enable_user",),
    "role_changes": ("(role:", "with role"),
    "profile_changes": ("set_profile",),
    "group_additions": ("grant", "groups"),
    "group_removals": ("revoke",),
    "access_changes": ("grant", "revoke"),
}


class Case(msgspec.Struct, frozen=True):
    """An alteration; ``digest``: the one in the file was computed anew."""

    change: Alteration
    digest: bool


class Seen(msgspec.Struct, frozen=True):
    """What ``apply`` said of a case, and what is wrong with that."""

    case: Case
    answers: tuple[str, ...]
    wrong: tuple[str, ...]


class Bench:
    """A team, a plan with every kind of change for it, and a home in which that plan was made."""

    def __init__(self, folder: Path, control: Beside, gone: str) -> None:
        self.folder, self.control = folder, control
        self.site = Site(folder / "site", control, provisioning=True)
        roster = Roster(control.truth())
        self.who = {id: one["email"] for id, one in (roster.users | roster.removed).items()}
        self.values = _values(Places(roster))
        rows = folder / "changes.jsonl"
        rows.write_text("".join(json.dumps(row) + "\n" for row in _rows(Places(roster), gone)), encoding="utf-8")
        self.home, self.config = folder / "made", self.site.folder / "jackfield.toml"
        planned = run(self.home, self.config, "plan", NAME, str(rows), "-o", str(folder / "whole.plan"))
        assert planned.code == 0, planned
        assert "would be refused" not in planned.out, planned
        self.document: dict[str, Any] = json.loads((folder / "whole.plan").read_bytes())

    def apply(self, text: str, *more: str, fresh: bool = True) -> Ended:
        """Apply the plan file *text* in a copy of the home; what it did is counted from 0."""
        home, file = self.folder / "home", self.folder / "altered.plan"
        if fresh:
            shutil.rmtree(home, ignore_errors=True)
            shutil.copytree(self.home, home)
            self.control.reset_effects()
        file.write_text(text, encoding="utf-8")
        return run(home, self.config, "apply", str(file), *more)

    def made(self) -> dict[str, list[str]]:
        """Each side effect, with what it happened to."""
        shown = self.control.effects()
        return {name: list(shown[name]) for name in _WORDS if shown[name]}


@contextmanager
def benches() -> Generator[Bench]:
    """A bench on a team of its own."""
    with tempfile.TemporaryDirectory(prefix="tamper-") as folder, running(TEAM) as simulator:
        control = Beside(simulator)
        places = Places(Roster(control.truth()))
        gone = places.plain[5]
        control.change({"do": "leave", "user": gone})
        yield Bench(Path(folder), control, gone)


def _rows(at: Places, gone: str) -> list[dict[str, Any]]:
    """One change of every kind."""
    return [
        {"entitlement": at.of_group(), "principal": f"user:{at.outside[0]}"},
        {"entitlement": at.of_group("owner"), "principal": f"user:{at.members[0]}"},
        {"entitlement": at.role("Support"), "principal": f"user:{at.helper}", "replace": True},
        {"kind": "revoke", "entitlement": at.of_group(), "principal": f"user:{at.members[1]}"},
        {"kind": "create_account", "arguments": {"email": NEW, "role": "Support", "groups": [at.group["group_id"]]}},
        {"kind": "delete_account", "account": f"user:{at.plain[0]}", "arguments": {"wipe_data": True}},
        {"kind": "disable_account", "account": f"user:{at.plain[1]}"},
        {"kind": "enable_account", "account": f"user:{at.suspended}"},
        {"kind": "action", "name": "set_profile", "arguments": {"user_id": at.plain[2], "given_name": "Zoë"}},
        {"kind": "action", "name": "send_welcome_email", "arguments": {"user_id": at.invited["email"]}},
        {"kind": "action", "name": "recover_user", "arguments": {"user_id": gone}},
    ]


def _values(at: Places) -> dict[str, list[Any]]:
    """By what a text is, others of its kind."""
    return {
        "user": [at.plain[3], at.helper],
        "group": [at.other["group_id"]],
        "role": [at.role("Team").removeprefix("role:").removesuffix("/member")] if "Team" in at.roster.roles else [],
        "email": [at.roster.users[at.plain[3]]["email"]],
    }


def others(values: dict[str, list[Any]]) -> Any:
    """What gives, for a node of the plan, values of its form that mean something else."""

    def of(path: tuple[str | int, ...], node: Any) -> list[Any]:
        last = path[-1] if path else ""
        if isinstance(node, bool):
            return [not node]
        if isinstance(node, int | float):
            return [node + 1, 0]
        if not isinstance(node, str):
            return []
        if node.startswith("dbmid:"):
            return values["user"]
        if node.startswith("g:"):
            return values["group"]
        if "@" in node:
            return values["email"]
        known = {
            "kind": ["grant", "revoke", "create_account", "delete_account", "action"],
            "name": ["disable_user", "enable_user", "send_welcome_email", "recover_user", "set_profile"],
            "slug": ["owner", "member"],
            "outcome": ["changed", "already", "refused", "failed"],
            "status": ["enabled", "disabled", "deleted"],
            "type": ["user", "group", "role"],
            "connector": ["roster"],
            "connection": ["another"],
            "title": ["send a letter to nobody"],
        }
        return [one for one in known.get(str(last), [f"{node}x", ""]) if one != node]

    return of


def cases(bench: Bench) -> list[Case]:
    """All that is altered, with the digest of before and with one computed anew."""
    changes = list(alterations(bench.document["plan"], others(bench.values)))
    return [Case(change, digest) for change in changes for digest in (True, False)]


def look(bench: Bench, case: Case) -> tuple[Seen, bool]:
    """What ``apply`` says and does; and whether the team is another by now."""
    text = altered(bench.document, case.change, digest=case.digest)
    shown = bench.apply(text, "--dry-run")
    wrong = [] if not bench.made() else ["a dry run made something"]
    first = bench.apply(text, "--yes")
    made = bench.made()
    ours = _is_ours(bench, text)
    answers = [_answer(first, made)]
    wrong += _unshown(bench, made, shown, first)
    if not ours:
        wrong += [f"{name} without a question" for name in made if name not in HARMLESS]
    if first.code == 2 and (counts := _CONFIRM.findall(first.err)):
        given = [part for kind, number in counts for part in ("--confirm", f"{kind.strip(chr(39))}={number}")]
        given += ["--yes"] if "--yes for the rest" in first.err else []
        second = bench.apply(text, *given)
        made = bench.made()
        answers.append(f"with --confirm: {_answer(second, made)}")
        wrong += _unshown(bench, made, shown, second)
    wrong += [f"exit code {each.code}: {each.err[-200:]}" for each in (shown, first) if each.code in (70, 1)]
    return Seen(case, tuple(answers), tuple(dict.fromkeys(wrong))), bool(made)


def _is_ours(bench: Bench, text: str) -> bool:
    """Whether the file says just what the plan said that was made: only then is ``--yes`` enough."""
    try:
        given = json.loads(text)["plan"]
    except (KeyError, TypeError):
        return False
    return _filled(given) == _filled(bench.document["plan"])


def _filled(node: Any) -> Any:
    """A document without what says nothing."""
    if isinstance(node, dict):
        return {key: _filled(value) for key, value in node.items() if value not in ([], {}, None, False, "")}
    return [_filled(each) for each in node] if isinstance(node, list) else node


def _unshown(bench: Bench, made: dict[str, list[str]], shown: Ended, told: Ended) -> list[str]:
    """What was made and not shown by its name before, or not told by it afterwards."""
    wrong: list[str] = []
    for when, output, word in (("before", shown.out, "would change: "), ("afterwards", told.out, "")):
        rows = [row for row in output.splitlines() if row.startswith(word)]
        for name, whats in made.items():
            for what in whats:
                group, _, who = what.rpartition(" ")
                # Somebody who is made here is told by the address, by which the simulator's id is not known before.
                marks = [bench.who.get(who, "" if who.startswith("dbmid:") else who), group]
                # Addresses are counted in small letters.
                marks = [mark.casefold() for mark in marks]
                named = [row for row in rows if all(mark in row.casefold() for mark in marks)]
                if not any(word in row for row in named for word in _WORDS[name]):
                    wrong.append(f"{name} of {what} not shown {when}")
    return wrong


def _answer(ended: Ended, made: Iterable[str]) -> str:
    """What was said, in a few words."""
    did = "made what it showed" if made else "made nothing"
    if ended.out.strip():
        tags = Counter(re.findall(r"^(\w+):", ended.out, re.MULTILINE))
        tags.pop(NAME, None)
        drifted = " drifted," if "[drifted]" in ended.out else ""
        return f"{ended.code}:{drifted} {did}"
    reasons = {
        "stands in it twice": "changed after it was written",
        "was changed after": "changed after it was written",
        "of another version": "of another version",
        "is no plan": "no plan",
        "asks for confirmation": "asks for confirmation",
        "no connection": "another connection",
        "for the connector": "another connector",
        "two changes of the same id": "two of one id",
    }
    why = next((short for text, short in reasons.items() if text in ended.err), "a wrong argument")
    return f"{ended.code}: {why}, {did}"


def sweep(size: int | None = None) -> list[Seen]:
    """Look at all cases, or at *size* chosen at random; a team that was changed is made anew."""
    seen: list[Seen] = []
    left: list[Case] | None = None
    while left is None or left:
        with benches() as bench:
            if left is None:
                left = cases(bench)
                if size is not None:
                    left = random.Random(size).sample(left, size)
                left.reverse()
            while left:
                one, spent = look(bench, left.pop())
                seen.append(one)
                if len(seen) % 200 == 0:
                    print(f"{len(seen)} looked at, {len(left)} left", file=sys.stderr, flush=True)
                if spent:
                    break
    return seen


def main(argv: list[str]) -> int:
    """Run all; there are no arguments."""
    seen = sweep()
    rows: dict[tuple[str, str], dict[str, None]] = {}
    for one in seen:
        if one.case.digest:
            rows.setdefault((one.case.change.field, " · ".join(one.answers)), {})[one.case.change.how] = None
    stale = Counter(one.answers[0] for one in seen if not one.case.digest)
    wrong = [
        f"{one.case.change.field} {one.case.change.how} {one.case.change.value!r}: {one.wrong}"
        for one in seen
        if one.wrong
    ]
    print(*wrong, sep="\n", file=sys.stderr)
    write(
        "tampering",
        "Plans that were altered",
        f"{len(seen):,} plan files of which one field was altered, half of them with the digest in the file computed anew. "
        f"Made and not shown before by its own name, or made without a question though destructive or privileged: "
        f"{len(wrong)}.",
        "With the digest of before: "
        + ", ".join(f"{number:,} × {told}" for told, number in sorted(stale.items()))
        + ".",
        "With the digest computed anew, by field; each answer begins with the exit code of `apply --yes` without a terminal:",
        table(
            ("field", "altered", "what `apply` said and did"),
            ((field, ", ".join(sorted(hows)), answers) for (field, answers), hows in sorted(rows.items())),
        ),
        sweep="tamper",
    )
    return int(bool(wrong))
