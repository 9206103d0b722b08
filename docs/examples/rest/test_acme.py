"""The connector against Acme: what is read is what is true, and a change does what its outcome says, once."""

import asyncio

from acme_connector import Acme, member
from acme_server import TOKEN, serve

import jackfield_contracts as c
from jackfield.clock import SystemClock
from jackfield.hookspecs import Secret
from jackfield.http import Bearer, JsonApi, SessionOptions, open_session


async def pages(read, *scopes, cursor=None):
    page = await read(*scopes, cursor)
    return [page, *(await pages(read, *scopes, cursor=page.next) if page.next else [])]


async def story(app):
    async with open_session(SessionOptions(), SystemClock()) as http:
        acme = Acme(JsonApi(http, app.url, Bearer(Secret(TOKEN)), tag="error.code"))
        assert [row.id.id for page in await pages(acme.users) for row in page.items] == [*app.users]
        scopes = [scope for page in await pages(acme.groups) for scope in page.opens]
        rows = [row for scope in scopes for page in await pages(acme.members, (scope,)) for row in page.items]
        held = {(row.entitlement.resource.id, row.principal.id) for row in rows}
        assert held == {(group, user) for group, users in app.members.items() for user in users}

        u1, u3, group = rows[0].principal, rows[2].principal, scopes[1].resource
        for write, change in ((acme.grant, c.GrantAccess), (acme.revoke, c.RevokeAccess)):
            on = (change(entitlement=member(group).id, principal=u1),)
            assert [(await write(on))[0].outcome for _ in range(2)] == ["changed", "already"]
            state = await acme.read_state(c.StateQuery(names=("p1@x.org",), resources=(group,)))
            assert len(state.held) == (change is c.GrantAccess)
        (refused,) = await acme.grant((c.GrantAccess(entitlement=member(group).id, principal=u3),))
        assert (refused.outcome, refused.tag, app.writes) == ("refused", "user_inactive", 2)


def test_acme():
    with serve() as app:
        asyncio.run(story(app))
