"""The token endpoint, as the HTTP side of the TLS port."""

import asyncio
from collections.abc import Callable
from urllib.parse import parse_qsl

from aiohttp import web

from .state import State

PATH = "/auth/v1/token"


def application(state: State, cut: Callable[[int], object]) -> web.Application:
    """Everything that is asked for over HTTP/1.1."""

    async def handle(request: web.Request) -> web.StreamResponse:
        call = state.begin("token", path=request.path, metadata={"user-agent": request.headers.get("User-Agent", "")})
        body = (await request.read()).decode("utf-8", "replace")
        failure = state.due("token", "before")
        if failure is not None:
            call["made_to_fail"] = {"code": failure.code, "delay": failure.delay}
            await asyncio.sleep(failure.delay)
            if failure.code == "DROP":
                cut(request.transport.get_extra_info("peername")[1] if request.transport else 0)
            if failure.code is not None:
                status = 503 if failure.code == "DROP" else int(failure.code)
                call["answer"] = {"status": status}
                return web.json_response({"error": "made to fail by the test"}, status=status)
        faults = _faults_of_request(request)
        fields = parse_qsl(body, keep_blank_values=True)
        faults += state.credentials.faults_of_form(fields)
        assertion = dict(fields).get("client_assertion")
        if assertion is not None:
            faults += state.credentials.faults_of_assertion(assertion)
        counted = [text for text in faults if state.violate("token-request", text, call)]
        if counted:
            call["answer"] = {"status": 401}
            return web.json_response({"error": "invalid_client", "error_description": "; ".join(counted)}, status=401)
        lifetime = state.settings.token_lifetime
        call["answer"] = {"status": 200, "expires_in": int(lifetime)}
        token = state.tokens.give(lifetime)
        answer = {"access_token": token, "token_type": state.settings.token_type, "expires_in": int(lifetime)}
        return web.json_response(answer)

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", handle)
    return app


def _faults_of_request(request: web.Request) -> list[str]:
    faults: list[str] = []
    if (request.method, request.path_qs) != ("POST", PATH):
        faults.append(f"{request.method} {request.path_qs}, not POST {PATH}")
    if request.content_type != "application/x-www-form-urlencoded":
        faults.append(f"the content is {request.content_type}, not a form")
    faults += [
        f"the header {name} does not belong here" for name in ("Authorization", "DPoP") if name in request.headers
    ]
    return faults
