"""Whose account of the application a connection reaches."""

from jackfield_testkit.bench import Bench
from jackfield_testkit.data import Finding, NotApplicable


async def names_one_account(bench: Bench) -> None:
    """The hook ``tenant``, ``check`` and the pages of a sync name one and the same account of the application.

    What was meant for one account is never done in another: where they name it in two ways, every change is refused, or the
    wrong one is let through. Where the backend has ``another`` application, that is another account.
    """
    told = await _told(bench)
    named = {where: id for where, id in told.items() if id is not None}
    if not named:
        raise NotApplicable("the connector tells no account of the application")
    (first, id), *others = named.items()
    for where, other in others:
        if other != id:
            raise Finding(f"{first} names the account {id!r}, and {where} names {other!r}")
    if bench.has("another"):
        backend, values = bench.need("another", "whether two accounts are told apart")()
        two = bench.beside(values, backend)
        try:
            if id in (await _told(two)).values():
                raise Finding(
                    f"another application names the same account, {id!r}", "the connection of backend.another()"
                )
        finally:
            two.close()


async def _told(bench: Bench) -> dict[str, str | None]:
    async with bench.open() as connection:
        asked = await connection.tenant() if connection.implements("tenant") else None
        report = await connection.check()
    return {
        "the hook tenant": asked.id if asked is not None else None,
        "check": report.tenant.id if report.tenant is not None else None,
        "a sync": (await bench.sync()).run.tenant,
    }
