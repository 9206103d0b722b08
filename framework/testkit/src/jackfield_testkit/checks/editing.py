"""What changes of an account do beside what is said of them: texts that are cleared, and secrets that are passed on."""

import msgspec

from jackfield.changes.kinds.operations import Operations
from jackfield_contracts import AccountState, ArgumentType, OutcomeKind, RunAction
from jackfield_testkit.bench import Bench
from jackfield_testkit.bodies import decoded, with_body, with_more
from jackfield_testkit.checks.acting import DONE, NOT_MADE, make_raw, name_of, outcome_text, state_before
from jackfield_testkit.data import Finding, Lacking, NotApplicable
from jackfield_testkit.reach import no_requests
from jackfield_testkit.wire import Fault, Sent, Wire, answer, everywhere, rewrite

_REFUSALS = (400, 409, 422, 500)
_HASH = "testkit-2b7e151628aed2a6"
_PASSWORDS = ("password", "passwordHash", "password_hash", "apiToken", "api_token", "secret")
"""Names under which applications give what nobody may keep, though it was not asked for."""


async def clears_what_is_emptied(bench: Bench) -> None:
    """An empty text in a change of a profile clears what was there, or is told as not done; it is never passed over.

    Who left a department goes on standing in it, and the change that should have ended that is told as made.
    """
    bench.need_hook("run_action")
    tried = False
    for sample in bench.samples.actions:
        async with bench.open() as connection:
            action = Operations(connection).action(sample.name)
        for argument in action.arguments:
            if argument.type is not ArgumentType.STRING or argument.required or argument.choices or not argument.sets:
                continue
            account = await _account(bench, sample)
            if account is None or not (held := _fact(account, argument.sets)):
                continue
            change = msgspec.structs.replace(sample, arguments={**sample.arguments, argument.name: ""})
            (outcome,) = await bench.change(change)
            tried = True
            now = await _account(bench, sample)
            left = _fact(now, argument.sets) if now is not None else None
            told = outcome.outcome in NOT_MADE or (outcome.outcome in DONE and argument.name in (outcome.reason or ""))
            if left == held and not told:
                raise Finding(
                    f"{argument.sets} is {left!r} still, and it ends as {outcome_text(outcome)}", name_of(change)
                )
            if outcome.outcome is OutcomeKind.UNVERIFIED:
                raise Finding(f"{argument.sets} is {left!r}, and it ends as {outcome_text(outcome)}", name_of(change))
    if not tried:
        raise NotApplicable("no action of the samples sets a text that the account has, and that may be left out")


async def _account(bench: Bench, change: RunAction) -> AccountState | None:
    async with bench.open() as connection:
        state = await state_before(connection, change)
    given = {str(value) for value in change.arguments.values()}
    ids = [each for each in state.accounts if each.account == change.account or each.account.id in given]
    return ids[0] if ids else None


def _fact(account: AccountState, name: str) -> object:
    return {"login": account.login, "display_name": account.display_name}.get(name) or account.facts.get(name)


async def passes_no_password_on(bench: Bench) -> None:
    """What an answer has of passwords and tokens of people reaches no row.

    Applications give hashes and keys beside the names; a snapshot is copied, exported and shown to whoever reviews access.
    """
    more = {name: f"{_HASH}-{name}" for name in _PASSWORDS}
    shown = await bench.sync(
        wire := Wire(everywhere(rewrite(lambda given: with_body(given, with_more(decoded(given), more)))))
    )
    if not wire.sent:
        raise no_requests(bench)
    rows = (*shown.resources.values(), *shown.entitlements, *shown.diagnostics)
    for row in rows:
        if _HASH in (told := msgspec.json.encode(row).decode()):
            at = told.index(_HASH)
            raise Finding(
                f"a row has it: {told[max(0, at - 40) : at + 60]}", "each object of the answers has passwords"
            )
    if not shown.resources:
        raise Lacking("the connector understands no answer with more fields than it knows")


async def quotes_no_secret_argument(bench: Bench) -> None:
    """What is given in an argument that is secret stands in no outcome and no log line, whatever becomes of the change.

    A first password in the reason of a refusal is in the journal, in the export of it, and in a ticket.
    """
    declared = [arg for one in bench.found.type.capabilities if one.hook == "create_account" for arg in one.arguments]
    secrets = {each.name: f"{_HASH}-Aa1!" for each in declared if each.secret}
    if not secrets:
        raise NotApplicable("no argument of a new account is secret")
    if not bench.samples.accounts:
        raise Lacking("the samples have no accounts")
    sample = bench.samples.accounts[0]
    change = msgspec.structs.replace(sample, arguments={**sample.arguments, **secrets})
    for status in _REFUSALS:
        wire = Wire()
        async with bench.open(wire) as connection:
            state = await state_before(connection, change)
            start = len(wire.sent)

            def echo(index: int, sent: Sent, status: int = status, start: int = start) -> Fault | None:
                return answer(status, sent.body or b"{}") if index >= start and sent.body else None

            wire.plan = echo
            outcome = await make_raw(connection, change, state)
        if not wire.struck:
            raise no_requests(bench)
        if _HASH in str(outcome) or any(_HASH in line for line in bench.log.lines):
            where = "the outcome" if _HASH in str(outcome) else "a log line"
            raise Finding(
                f"{where} has what was given as {', '.join(secrets)}",
                f"{sample.type} is made with it, and the application answers {status} with what was sent",
            )
