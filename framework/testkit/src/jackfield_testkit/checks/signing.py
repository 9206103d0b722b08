"""What a connector makes of credentials that are wrong or too few, and what it says of its own rights and actions."""

from collections.abc import Iterator, Mapping
from typing import Any, get_args, get_type_hints

from jackfield.config import Secret
from jackfield.errors import BadCredentials, JackfieldError, MissingPermission, Refused
from jackfield_contracts import AccountStatus, CheckReport, ResourceId, RunAction, UserTrait
from jackfield_testkit.alone import lets_in
from jackfield_testkit.bench import Bench
from jackfield_testkit.checks.acting import DONE, name_of, subject_of
from jackfield_testkit.data import Finding, NotApplicable
from jackfield_testkit.reach import no_requests
from jackfield_testkit.wire import FOREIGN, Wire, answer, everywhere

_ODD = (400, 418)
"""Statuses of answers that tell nothing of rights."""


def wrong_secrets(bench: Bench) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """The configuration with one secret after the other replaced by another one of its form."""
    for name, hint in get_type_hints(bench.found.type.config).items():
        value = bench.values.get(name)
        if Secret in (hint, *get_args(hint)) and isinstance(value, str) and value:
            last = "y" if value[-1] == "x" else "x"
            yield name, {**bench.values, name: f"{value[:-1]}{last}"}


async def takes_no_wrong_secret(bench: Bench) -> None:
    """``check`` fails as BadCredentials where a secret of the configuration is wrong.

    It is what an administrator runs to see whether the credentials work; one that says yes to any is worse than none.
    """
    tried = verified = 0
    for name, values in wrong_secrets(bench):
        tried += 1
        other = bench.beside(values)
        step = f"{name!r} is wrong by its last letter"
        try:
            async with other.open() as connection:
                report = await connection.check()
        except BadCredentials:
            verified += 1
            continue
        except JackfieldError as error:
            raise Finding(f"check fails as {type(error).__name__}, not BadCredentials: {error}", step) from None
        finally:
            other.close()
        if any(each.available is False for each in report.capabilities):
            verified += 1
            continue
        other = bench.beside(values)
        try:
            shown = await other.sync()
        finally:
            other.close()
        if not shown.complete:
            raise Finding(f"check says that all is well, and a sync is not: {shown}", step)
    if not tried:
        raise NotApplicable("the configuration has no secrets")
    if not verified:
        raise NotApplicable("the backend takes any secret, so that wrong ones are not checked")


async def let_in(bench: Bench, values: Mapping[str, Any]) -> bool:
    """Whether a connection with *values* checks well, beside all that this process has opened before."""
    other = bench.beside(values)
    try:
        return await lets_in(other)
    finally:
        other.close()


async def asks_with_its_sign_in(bench: Bench) -> None:
    """``check`` asks something that needs the sign-in: a 401 is BadCredentials, a 403 is a right that is missing.

    A check that asks nothing, or only what anybody may see, says yes to a token that was taken back yesterday; and who takes
    a missing right for a bad token sends the administrator to sign in again, for nothing.
    """
    wire = Wire()
    async with bench.open(wire) as connection:
        await connection.check()  # signs in
        begun = len(wire.sent)
        await connection.check()
        if len(wire.sent) == begun:
            seen = Wire()
            await bench.sync(seen)
            if not seen.sent:
                raise no_requests(bench)
            raise Finding("check asks the application for nothing, once it has signed in", "check, twice")
        wire.plan = everywhere(answer(403, FOREIGN))
        _told_of_rights(await _checked(connection))
        wire.plan = everywhere(answer(401, FOREIGN))
        told = await _checked(connection)
        if not isinstance(told, BadCredentials):
            raise Finding(f"every request is answered 401, and check {_words(told)}", "check, once signed in")


async def promises_nothing_untold(bench: Bench) -> None:
    """``check`` says that something can be used only where the application's answer shows it.

    An answer that nobody has seen before shows no right; told as one, the first real change fails in the middle.
    """
    allow = bench.need("allow", "what check makes of answers that show no right")
    declared = bench.found.type.capabilities
    names = sorted({each.name for one in declared for each in one.permissions})
    if not names:
        raise NotApplicable("no capability declares a permission")
    usual = await _answers(bench)
    for name in names:
        allow([each for each in names if each != name])
        try:
            lacking = await _answers(bench)
        finally:
            allow(None)
        needing = {
            one.name for one in declared if any(each.name == name and not each.optional for each in one.permissions)
        }
        for asked in [each for each, status in lacking.items() if usual.get(each, status) != status]:
            for status in _ODD:
                await _shows_no_right(bench, asked, status, needing)


async def _answers(bench: Bench) -> dict[tuple[str, str], int]:
    """The statuses of what ``check`` asks, by method and route."""
    wire = Wire()
    async with bench.open(wire) as connection:
        await _checked(connection)
    return {(sent.method, sent.route): response.status for sent, response in wire.answered}


async def _shows_no_right(bench: Bench, asked: tuple[str, str], status: int, needing: set[str]) -> None:
    odd = answer(status, FOREIGN)
    wire = Wire(lambda index, sent: odd if (sent.method, sent.route) == asked else None)
    async with bench.open(wire) as connection:
        told = await _checked(connection)
    for one in () if isinstance(told, JackfieldError) else told.capabilities:
        if one.capability in needing and one.available:
            raise Finding(
                f"check says that {one.capability!r} can be used",
                f"{' '.join(asked)}, by which it shows whether it may, is answered {status}, which tells nothing",
            )


async def _checked(connection: Any) -> "CheckReport | JackfieldError":
    try:
        return await connection.check()
    except JackfieldError as error:
        return error


def _told_of_rights(told: "CheckReport | JackfieldError") -> None:
    step = ("every request is answered 403", "check, once signed in")
    if isinstance(told, MissingPermission | Refused):
        return
    if isinstance(told, JackfieldError):
        raise Finding(f"check {_words(told)}, not as MissingPermission", *step)
    if not any(each.available is not True for each in told.capabilities):
        raise Finding("check says that everything can be used", *step)


def _words(told: "CheckReport | JackfieldError") -> str:
    return f"fails as {type(told).__name__}: {told}" if isinstance(told, JackfieldError) else "succeeds"


async def names_rights_that_there_are(bench: Bench) -> None:
    """The permissions that capabilities and actions name are those that the application knows.

    Who sets the connection up asks for them by these names; one that there is none of can't be given.
    """
    known = frozenset[str](bench.need("permissions", "whether the application knows the permissions that are named"))
    async with bench.open() as connection:
        named = [*bench.found.type.capabilities, *connection.actions()]
    for each in named:
        for permission in each.permissions:
            if permission.name not in known:
                raise Finding(f"{each.name!r} names the permission {permission.name!r}, which there is none of")


async def declares_what_takes_away(bench: Bench) -> None:
    """An action after which an account is gone, is enabled no more or has lost all access is declared destructive.

    The host asks before what is destructive, counts it and bounds it; what is not declared passes without a word.
    """
    bench.need_hook("run_action")
    if not bench.samples.actions:
        raise NotApplicable("the samples have no actions")
    async with bench.open() as connection:
        declared = {each.name: each for each in connection.actions()}
    # What is declared is asked about already.
    actions = [each for each in bench.samples.actions if each.name in declared and not declared[each.name].destructive]
    if not actions:
        raise NotApplicable("all actions of the samples are declared destructive")
    for change in actions:
        if (account := subject_of(change, declared[change.name], bench.truth())) is not None:
            await _takes_nothing_away(bench, change, account)


async def _takes_nothing_away(bench: Bench, change: RunAction, account: ResourceId) -> None:
    before = await bench.sync()
    had = _standing(before.resources.get(account))
    grants = {each for each in before.grants if each.principal == account}
    (outcome,) = await bench.change(change)
    if outcome.outcome not in DONE:
        return
    after = await bench.sync()
    has = _standing(after.resources.get(account))
    step = name_of(change)
    if had is not None and has is None:
        raise Finding(f"{account} is gone afterwards, and {change.name!r} is not declared destructive", step)
    if had is AccountStatus.ENABLED and has is not AccountStatus.ENABLED:
        raise Finding(f"{account} is {has} afterwards, and {change.name!r} is not declared destructive", step)
    if grants and not any(each.principal == account for each in after.grants):
        raise Finding(f"{account} has no access afterwards, and {change.name!r} is not declared destructive", step)


def _standing(resource: Any) -> AccountStatus | None:
    if resource is None:
        return None
    return resource.trait.status if isinstance(resource.trait, UserTrait) else AccountStatus.UNKNOWN
