"""The rules of the conformance kit once more, on a provider without PATCH whose listings go by cursor."""

from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from typing import Any

import pytest

from jackfield_scim.conformance import Backend
from jackfield_scim.conformance import TestScim as Suite
from jackfield_scim.testserver import TOKEN, Server, by_cursor, serve


class Forgetful(Backend):
    """A server that can be given another secret, by which it knows its cursors."""

    def __init__(self, server: Server, held: ExitStack) -> None:
        super().__init__(server, held)
        self._number = 0

    def forget_cursors(self) -> None:
        self._number += 1
        service = self.server.service
        service._cursors = service._build_cursors(f"secret {self._number}")


class TestPutAndCursors(Suite):
    @pytest.fixture
    def backend(self) -> Iterator[Forgetful]:
        with ExitStack() as held:
            yield Forgetful(held.enter_context(serve(by_cursor())), held)

    @pytest.fixture
    def config(self, backend: Forgetful) -> Mapping[str, Any]:
        return {"url": backend.server.url, "token": TOKEN, "page_size": backend.page_size, "patch": "no"}


del Suite
