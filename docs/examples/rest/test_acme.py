"""Acme's connector keeps the rules of the conformance kit."""

import pytest
from acme_server import TOKEN, serve

import jackfield_contracts as c
from jackfield_testkit import ConnectorSuite, Samples


def grant(to, user):
    return c.GrantAccess(entitlement=c.EntitlementId.parse(to), principal=c.ResourceId.parse(user))


class TestAcme(ConnectorSuite):
    connector = "acme"

    @pytest.fixture
    def backend(self):
        with serve() as acme:
            yield acme

    @pytest.fixture
    def config(self, backend):
        return {"url": backend.url, "token": TOKEN}

    @pytest.fixture
    def samples(self):
        may, must_not = ("group:g2/member", "user:u1"), ("group:g2/member", "user:u3")
        return Samples(grants=(grant(*may), grant("group:g3/member", "user:u4")), refused=(grant(*must_not),))
