"""``python -m jackfield_testkit.report NAME``: the suite of an installed connector, told rule by rule.

Promises an exit code: 0, 2 (nothing to run), 5 (a rule is broken, or a test beside them), 70 (the suite itself failed).
"""

import argparse
import signal
import sys
from collections.abc import Sequence
from importlib.util import find_spec

import msgspec

from jackfield.cli.foreign import end_output
from jackfield.errors import BadConfig
from jackfield_testkit.isolated import SuiteRun, demand_own, run_suite, suite_of
from jackfield_testkit.results import Result, Verdict, by_check, percentage
from jackfield_testkit.seeds import seeds_of

_MARKS = {Verdict.HELD: "ok     ", Verdict.BROKEN: "BROKEN ", Verdict.UNCHECKED: "-      "}
_BROKEN_RULE = 5
_NO_SUITE = 2
_FAILED = 70


class Rule(msgspec.Struct, frozen=True, kw_only=True):
    """A rule of the kit, its reason, and what became of it. ``left`` is what the fixtures did not let it check."""

    check: str
    rule: str
    reason: str
    verdict: Verdict
    what: str = ""
    steps: tuple[str, ...] = ()
    seed: int | None = None
    share: float = 1.0
    left: tuple[str, ...] = ()


def rules(results: Sequence[Result]) -> tuple[Rule, ...]:
    """The rules of the suite in its order, as *results* have them."""
    from jackfield_testkit.finding import rule_and_reason
    from jackfield_testkit.suite import every_check

    message = by_check(results)
    found: list[Rule] = []
    for name, text in every_check().items():
        result = message.get(name) or Result(check=name, verdict=Verdict.UNCHECKED, what="it was not run")
        rule, reason = rule_and_reason(text)
        found.append(
            Rule(
                check=name,
                rule=rule,
                reason=reason,
                verdict=result.verdict,
                what=result.what,
                steps=result.steps,
                seed=result.seed,
                share=result.share,
                left=result.left,
            )
        )
    return tuple(found)


def rules_text(connector: str, found: Sequence[Rule], checked: int | None = None) -> str:
    """*found* for people; *checked* is how much of what they could check was, of 100."""
    lines: list[str] = []
    for each in found:
        lines.append(f"{_MARKS[each.verdict]}{each.check}: {each.rule}")
        if each.verdict is Verdict.UNCHECKED:
            lines.append(f"         not checked: {each.what}")
        else:
            lines += [f"         not checked: {what}" for what in each.left]
        if each.verdict is Verdict.BROKEN:
            seed = f" (seed {each.seed})" if each.seed is not None else ""
            lines += [f"         {line}" for line in (f"{each.what}{seed}", f"why: {each.reason}")]
            lines += [f"         {number}. {step}" for number, step in enumerate(each.steps, 1)]
    if checked is not None and checked < 100:
        lacking = sum(bool(each.left) for each in found)
        lines.append(
            f"{connector}: {100 - checked} % of what the rules could check stays UNCHECKED: the fixtures lack what "
            f"{lacking} of them need, as said above"
        )
    counts = {verdict: sum(each.verdict is verdict for each in found) for verdict in Verdict}
    lines.append(
        f"{connector}: {counts[Verdict.HELD]} rules held, {counts[Verdict.BROKEN]} broken, "
        f"{counts[Verdict.UNCHECKED]} not checked"
    )
    return "\n".join(lines)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the suite and tell."""
    out = argparse.ArgumentParser(prog="python -m jackfield_testkit.report", description=(__doc__ or "").split("\n")[0])
    out.add_argument("connector", metavar="NAME")
    out.add_argument("--output", choices=("table", "json"), default="table")
    out.add_argument("--seeds", default="3", metavar="[FIRST:]NUMBER", help="seeds of the random checks")
    given = out.parse_args(arguments)
    missing = [name for name in ("pytest", "hypothesis") if find_spec(name) is None]
    if missing:
        return _error(f"{' and '.join(missing)} is not installed; install jackfield[testkit]", _NO_SUITE)
    # Whoever ends this process means the suite too, and its folder.
    signal.signal(signal.SIGTERM, _end)
    try:
        seeds_of(given.seeds)
        suite = suite_of(given.connector)
        demand_own(suite)
        run = run_suite(suite, seeds=given.seeds)
    except BadConfig as error:
        return _error(f"{error}{f' {error.hint}' if error.hint else ''}", _NO_SUITE)
    except ValueError as error:
        return _error(f"--seeds: {error}", _NO_SUITE)
    if not run.results:
        return _error(f"the suite did not run:\n{run.output[-3000:]}", _FAILED)
    found = rules(run.results)
    if given.output == "json":
        counted = {verdict.value: sum(each.verdict is verdict for each in found) for verdict in Verdict}
        beside = [each.what for each in run.beside]
        document = {
            "connector": given.connector,
            "counts": counted,
            "checked_percent": percentage(run.results),
            "rules": found,
            "beside": beside,
        }
        print(msgspec.json.format(msgspec.json.encode(document)).decode())  # noqa: T201
    else:
        print(rules_text(given.connector, found, percentage(run.results)))  # noqa: T201
    return _verdict(run, found)


def _end(number: int, _: object) -> None:
    sys.exit(128 + number)


def _verdict(run: SuiteRun, found: Sequence[Rule]) -> int:
    """The exit code, and a word about what no rule tells."""
    for each in run.beside:
        print(f"error: a test beside the rules fails: {each.what}", file=sys.stderr)  # noqa: T201
    if run.beside or any(each.verdict is Verdict.BROKEN for each in found):
        return _BROKEN_RULE
    if not run.passed:
        return _error(f"the suite failed, or ended before its end:\n{run.output[-3000:]}", _FAILED)
    if not any(each.verdict is Verdict.HELD for each in found):
        return _error(f"no rule was checked: {found[0].what}", _FAILED)
    return 0


def _error(text: str, code: int) -> int:
    print(f"error: {text}", file=sys.stderr)  # noqa: T201
    return code


if __name__ == "__main__":
    code = main()
    end_output()  # what the package of the suite prints at exit is no part of the report
    sys.exit(code)
