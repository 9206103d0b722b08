"""The simulated service without its HTTP server: one team, its tokens, faults, churn and the record of requests."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

import msgspec

from .behaviour import Behaviour
from .bending import bend
from .control.churn import Churn, Churner
from .control.journal import Journal
from .control.observer import Observer
from .faults import effects
from .faults.book import Fault, FaultBook
from .faults.kinds import AUTHORIZE, TOKEN, When
from .limits import RateLimit
from .oauth import endpoints
from .oauth.store import TokenStore
from .options import ServiceOptions, Settings
from .routes.call import Backstage, Call, Route
from .routes.table import table
from .team import RefusedError, Team
from .team.leaving import RECOVERABLE_FOR
from .wire.answers import Answer, RejectedError, RouteError, auth_error, bad_request, plain, rate_limited, route_error
from .wire.cursors import CursorCodec
from .wire.schema import BadArgumentError, decode
from .writes.clock import Clock
from .writes.holds import Holds
from .writes.jobs import JobOptions, Jobs
from .writes.lag import LaggingTeam
from .writes.ledger import Ledger
from .writes.outcomes import Outcomes


class Request(msgspec.Struct, frozen=True, kw_only=True):
    """One request to `/2/` or to the token endpoint."""

    route: str
    method: str
    headers: Mapping[str, str]
    body: bytes


class Service:
    """Answers requests; what happens around them is controlled under `/_sim/`."""

    def __init__(self, team: Team, options: ServiceOptions) -> None:
        self.team = team
        self.codec = CursorCodec()
        self.tokens = TokenStore(
            app_key=options.app_key,
            app_secret=options.app_secret,
            refresh_token=options.refresh_token,
            scopes=options.scopes,
        )
        self.settings = Settings(
            latency_ms=options.latency_ms,
            token_lifetime=options.token_lifetime,
            rate=options.rate,
            big_page_limit=options.big_page_limit,
            page_cap=options.page_cap,
            blank_page=options.blank_page,
            read_lag=options.read_lag,
            async_jobs=options.async_jobs,
            job_polls=options.job_polls,
            job_seconds=options.job_seconds,
        )
        self.behaviour = options.behaviour
        self.clock = Clock(team.clock)
        team.clock = self.clock
        self.ledger = Ledger()
        self.outcomes = Outcomes()
        self.holds = Holds()
        self.jobs = Jobs(self.clock)
        self._lagging = LaggingTeam(team, self.clock) if options.read_lag > 0 else None
        self.faults = FaultBook()
        self.journal = Journal(self.codec, options.record)
        self.churner: Churner | None = None
        self.observer: Observer | None = None
        self.routes = table()
        self._limit = RateLimit(options.rate)
        self.behave(options.behaviour)

    def change_settings(self, settings: Settings) -> None:
        """Takes over other settings from now on."""
        if settings.rate != self.settings.rate:
            self._limit.set(settings.rate)
        if self._lagging is not None and settings.read_lag <= 0:
            self._lagging.close()
            self._lagging = None
        if self._lagging is None and settings.read_lag > 0:
            self._lagging = LaggingTeam(self.team, self.clock)
        self.settings = settings

    def behave(self, behaviour: Behaviour) -> None:
        """Does from now on what is not documented as these switches say."""
        self.behaviour = behaviour
        self.team.recoverable_for = RECOVERABLE_FOR[behaviour.recoverable_for]

    def advance(self, seconds: float) -> None:
        """Lets time pass for the team, its jobs and its lagging reads; tokens keep their own time."""
        self.clock.advance(seconds)
        self.jobs.settle()
        self.team.lapse()
        self.take_note()

    def take_note(self) -> None:
        """Lets lagging reads hear of what has changed by now."""
        if self._lagging is not None:
            self._lagging.note()

    def start_churn(self, churn: Churn | None) -> None:
        """Starts a churn, or ends it."""
        self.churner = None if churn is None else Churner(self.team, churn)

    def mark(self) -> None:
        """Starts observing what is true from now on."""
        self.observer = Observer(self.team)

    async def answer(self, request: Request, index: int, faults: list[Fault]) -> Answer:
        """The answer to a request, with its faults except those of the transport."""
        await self._wait(faults, "before")
        self.jobs.settle()
        if any(fault.kind.kind == "expired_token" for fault in faults):
            self.tokens.expire_all()
        route = self.routes.get(request.route)
        scope = route.scope if route else ""
        answer = effects.instead(faults, scope, "before") or self._undisturbed(request, route, faults)
        if self.churner is not None:
            self.churner.tick()
        self.take_note()
        answer = effects.instead(faults, scope, "after") or effects.spoil(faults, answer)
        await self._wait(faults, "after")
        return answer

    def authorize(self, query: Mapping[str, str]) -> Answer:
        """The answer to the admin's browser."""
        refused = any(fault.kind.kind == "access_denied" for fault in self.faults.fire(0, AUTHORIZE))
        return endpoints.authorize(self.tokens, query, deny=refused)

    async def _wait(self, faults: list[Fault], when: When) -> None:
        wait = sum(fault.params["ms"] for fault in faults if fault.kind.kind == "slow" and fault.when == when)
        if when == "before":
            wait += self.settings.latency_ms
        if wait > 0:
            await asyncio.sleep(wait / 1000)

    def _undisturbed(self, request: Request, route: Route | None, faults: list[Fault]) -> Answer:
        if request.route == TOKEN:
            if request.method != "POST":
                return plain(405, "Method Not Allowed")
            return endpoints.token(
                self.tokens,
                self.team,
                headers=request.headers,
                body=request.body,
                lifetime=self.settings.token_lifetime,
            )
        wait = self._limit.take()
        if wait:
            return rate_limited(wait)
        if route is None:
            return plain(400, f'Unknown API function: "{request.route}"')
        try:
            return self._call(route, request, faults)
        except RejectedError as rejected:
            return rejected.answer
        except BadArgumentError as error:
            return bad_request(route.name, str(error))
        except (RouteError, RefusedError) as error:
            return route_error(error.tag, error.value)

    def _call(self, route: Route, request: Request, faults: list[Fault]) -> Answer:
        if request.method != "POST":
            raise RejectedError(bad_request(route.name, f'Bad HTTP method "{request.method}". Expecting "POST".'))
        self._authenticate(route, request)
        content_type = request.headers.get("Content-Type", "")
        if content_type.split(";")[0].strip().lower() != "application/json":
            text = f'Bad HTTP "Content-Type" header: "{content_type}". Expecting one of "application/json".'
            raise RejectedError(bad_request(route.name, text))
        twist = effects.twist(faults)
        twist.limit_above = twist.limit_above or self.settings.big_page_limit
        call = Call(
            team=self._team_for(route),
            codec=self.codec,
            arg=decode(route.arg, request.body),
            twist=twist,
            page_cap=self.settings.page_cap,
            blank_page=self.settings.blank_page,
            backstage=self._backstage(),
            behaviour=self.behaviour,
        )
        forced = self.outcomes.take(route.name)
        if forced is None:
            body = route.answer(call)
            return Answer(body=body if self.behaviour.documented else bend(route, body, call))
        if forced.order.applied:
            route.answer(call)
        return forced.answer(call.arg)

    def _team_for(self, route: Route) -> Team:
        if self._lagging is None or not route.lags:
            return self.team
        return self._lagging.seen(self.settings.read_lag)

    def _backstage(self) -> Backstage:
        settings = self.settings
        options = JobOptions(
            always=settings.async_jobs,
            polls=settings.job_polls,
            seconds=settings.job_seconds,
            at=settings.job_effect,
            fails=settings.job_fails,
        )
        return Backstage(ledger=self.ledger, jobs=self.jobs, outcomes=self.outcomes, job_options=options)

    def _authenticate(self, route: Route, request: Request) -> None:
        header = request.headers.get("Authorization")
        if header is None:
            text = 'Must provide HTTP header "Authorization" or URL parameter "authorization".'
            raise RejectedError(bad_request(route.name, text))
        kind, _, token = header.partition(" ")
        if kind.lower() != "bearer" or not token.strip():
            text = 'Invalid authorization value in HTTP header "Authorization": expected "Bearer <token>".'
            raise RejectedError(bad_request(route.name, text))
        access = self.tokens.find(token.strip())
        if access is None:
            raise RejectedError(auth_error("invalid_access_token"))
        if self.tokens.expired(access):
            raise RejectedError(auth_error("expired_access_token"))
        if route.scope not in access.scopes:
            raise RejectedError(auth_error("missing_scope", required_scope=route.scope))
