"""The control routes.

| route | does |
|---|---|
| GET truth | all that is true now |
| GET, DELETE requests | the requests since the last reset; reset |
| GET fault-kinds | the catalogue of faults |
| GET, POST, DELETE faults | ordered faults; orders one or a list; takes back all, or `?id=` |
| POST team | makes one change of the team or a list of them |
| POST, GET, DELETE churn | starts a churn; how much has happened; ends it |
| POST mark, GET observed | starts observing; what was always and what was ever true since |
| GET, POST settings | scopes, team_id, licensed, and all of `options.Settings` |
| GET, POST, DELETE behaviour | the switches of `behaviour` and whose records they break; sets some; all as by default |
| POST expire | expires all access tokens |
| POST forget | lets all cursors lapse that were given until now |

`writing` has the routes that are about writes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, cast

import msgspec

from ..behaviour import Behaviour, changed
from ..bending import victims
from ..options import Settings
from ..service import Service
from ..team import Policies, RefusedError
from ..wire.answers import Answer, encode
from .churn import Churn
from .mutations import Mutation, apply
from .truth import truth
from .writing import handlers

_Handler = Callable[[Mapping[str, str], bytes], Any]


class ControlApi:
    """Answers what comes under `/_sim/`; an order that makes no sense is a 400 with `error`."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._handlers: dict[tuple[str, str], _Handler] = {
            ("GET", "truth"): lambda query, body: truth(service.team),
            ("GET", "requests"): lambda query, body: service.journal.shown(),
            ("DELETE", "requests"): lambda query, body: service.journal.reset(),
            ("GET", "fault-kinds"): lambda query, body: service.faults.told(service.routes),
            ("GET", "faults"): lambda query, body: service.faults.shown(),
            ("POST", "faults"): self._order,
            ("DELETE", "faults"): self._clear,
            ("POST", "team"): self._change,
            ("POST", "churn"): self._churn,
            ("GET", "churn"): lambda query, body: service.churner.shown() if service.churner else None,
            ("DELETE", "churn"): lambda query, body: service.start_churn(None),
            ("POST", "mark"): lambda query, body: service.mark(),
            ("GET", "observed"): self._observed,
            ("GET", "settings"): lambda query, body: self._settings(),
            ("POST", "settings"): self._set,
            ("GET", "behaviour"): lambda query, body: self._behaviour(),
            ("POST", "behaviour"): self._behave,
            ("DELETE", "behaviour"): lambda query, body: service.behave(Behaviour()),
            ("POST", "expire"): lambda query, body: {"expired": service.tokens.expire_all()},
            ("POST", "forget"): lambda query, body: service.codec.forget(),
            **handlers(service),
        }

    def answer(self, method: str, path: str, query: Mapping[str, str], body: bytes) -> Answer:
        """The answer to one control request."""
        handler = self._handlers.get((method, path.removeprefix("/_sim/").rstrip("/")))
        if handler is None:
            return Answer(status=404, body=encode({"error": f"no {method} {path}"}))
        try:
            self._service.jobs.settle()
            answer = Answer(body=encode(handler(query, body)))
            self._service.take_note()
            return answer
        except (ValueError, RefusedError) as error:
            return Answer(status=400, body=encode({"error": str(error) or type(error).__name__}))

    def _order(self, query: Mapping[str, str], body: bytes) -> Any:
        asked: Any = msgspec.json.decode(body)
        if isinstance(asked, list):
            return [self._service.faults.order(item).shown() for item in cast("list[dict[str, Any]]", asked)]
        return self._service.faults.order(asked).shown()

    def _clear(self, query: Mapping[str, str], body: bytes) -> Any:
        return {"cleared": self._service.faults.clear(int(query["id"]) if "id" in query else None)}

    def _change(self, query: Mapping[str, str], body: bytes) -> Any:
        listed = body.lstrip().startswith(b"[")
        wanted = msgspec.json.decode(body if listed else b"[" + body + b"]", type=list[Mutation])
        touched: list[str] = []
        for mutation in wanted:
            touched += apply(self._service.team, mutation)
        return {"ids": touched}

    def _churn(self, query: Mapping[str, str], body: bytes) -> Any:
        self._service.start_churn(msgspec.json.decode(body, type=Churn))

    def _observed(self, query: Mapping[str, str], body: bytes) -> Any:
        if self._service.observer is None:
            raise ValueError("nothing is observed; POST /_sim/mark first")
        return self._service.observer.shown()

    def _behaviour(self) -> dict[str, Any]:
        broken = victims(self._service.team)
        return {**msgspec.to_builtins(self._service.behaviour), "victims": msgspec.to_builtins(broken)}

    def _behave(self, query: Mapping[str, str], body: bytes) -> dict[str, Any]:
        asked = msgspec.json.decode(body, type=dict[str, Any])
        self._service.behave(changed(self._service.behaviour, asked))
        return self._behaviour()

    def _settings(self) -> dict[str, Any]:
        service = self._service
        return {
            **msgspec.to_builtins(service.settings),
            "scopes": list(service.tokens.scopes),
            "team_id": service.team.team_id,
            "licensed": service.team.bought_licenses,
            **msgspec.to_builtins(service.team.policies),
        }

    def _set(self, query: Mapping[str, str], body: bytes) -> Any:
        asked = msgspec.json.decode(body, type=dict[str, Any])
        unknown = sorted(set(asked) - set(self._settings()))
        if unknown:
            raise ValueError(f"no setting {unknown[0]!r}; there are {sorted(self._settings())}")
        service = self._service
        merged = msgspec.to_builtins(service.settings) | {
            name: value for name, value in asked.items() if name in service.settings.__struct_fields__
        }
        service.change_settings(msgspec.convert(merged, Settings))
        if "scopes" in asked:
            service.tokens.set_scopes(msgspec.convert(asked["scopes"], tuple[str, ...]))
        if "team_id" in asked:
            service.team.team_id = str(asked["team_id"])
        if "licensed" in asked:
            service.team.bought_licenses = int(asked["licensed"])
        policies = service.team.policies
        wanted = {name: value for name, value in asked.items() if name in policies.__struct_fields__}
        service.team.policies = msgspec.convert(msgspec.to_builtins(policies) | wanted, Policies)
        return self._settings()
