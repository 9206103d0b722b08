"""The floor: a bare loop that fetches the pages of a full sync, with the same concurrency, and throws them away.

``python -m tests.bench.floor BASE_URL APP_KEY APP_SECRET REFRESH_TOKEN`` prints one JSON line. Nothing is decoded but
what is needed to ask for the next page; the clock starts with the first request and stops with the last answer.
"""

import asyncio
import json
import re
import sys
import time
from typing import Any

import aiohttp

CONCURRENCY = 8
BATCH = 2000
LARGE = 5000
_CURSOR = re.compile(rb'"cursor":\s*"([^"]*)"')
_MORE = re.compile(rb'"has_more":\s*true')


class Floor:
    """One run of the bare loop."""

    def __init__(self, session: aiohttp.ClientSession, base_url: str) -> None:
        self._session = session
        self._base_url = base_url
        self._slots = asyncio.Semaphore(CONCURRENCY)
        self.headers: dict[str, str] = {"Content-Type": "application/json"}
        self.requests = 0

    async def call(self, route: str, arg: Any) -> bytes:
        """The body of one answer."""
        self.requests += 1
        body = json.dumps(arg).encode()
        async with (
            self._slots,
            self._session.post(f"{self._base_url}/2/{route}", data=body, headers=self.headers) as answer,
        ):
            return await answer.read()

    async def listing(self, route: str, more: str, arg: Any) -> list[bytes]:
        """All pages of a listing, one after the other; only the last 200 bytes hold the cursor."""
        pages = [await self.call(route, arg)]
        while _MORE.search(pages[-1], max(0, len(pages[-1]) - 2000)) or _MORE.search(pages[-1], 0, 2000):
            cursor = _CURSOR.search(pages[-1], max(0, len(pages[-1]) - 2000)) or _CURSOR.search(pages[-1], 0, 2000)
            assert cursor is not None
            pages.append(await self.call(more, {"cursor": cursor.group(1).decode()}))
            if route != "team/groups/list":
                pages[-2] = b""
        return pages

    async def run(self) -> None:
        """Fetch everything."""
        groups, *_ = await asyncio.gather(
            self.listing("team/groups/list", "team/groups/list/continue", {"limit": 1000}),
            self.call("team/members/get_available_team_member_roles", None),
            self.call("team/get_info", None),
        )
        batches, large = _batches(groups)
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(
                self.listing(
                    "team/members/list_v2", "team/members/list/continue_v2", {"limit": 1000, "include_removed": False}
                )
            )
            for batch in batches:
                tasks.create_task(self.call("team/groups/get_info", {".tag": "group_ids", "group_ids": batch}))
            for group in large:
                arg = {"group": {".tag": "group_id", "group_id": group}, "limit": 1000}
                tasks.create_task(self.listing("team/groups/members/list", "team/groups/members/list/continue", arg))


def _batches(pages: list[bytes]) -> tuple[list[list[str]], list[str]]:
    batches: list[list[str]] = []
    large: list[str] = []
    batch: list[str] = []
    weight = 0
    for group in (group for page in pages for group in json.loads(page)["groups"]):
        count = group.get("member_count", 0)
        if group["group_management_type"][".tag"] != "user_managed" or not count:
            continue
        if count > LARGE:
            large.append(group["group_id"])
            continue
        batch.append(group["group_id"])
        weight += count
        if weight >= BATCH:
            batches.append(batch)
            batch, weight = [], 0
    return ([*batches, batch] if batch else batches), large


async def measure(base_url: str, key: str, secret: str, refresh_token: str) -> dict[str, float]:
    """Seconds, CPU seconds and requests of one run, the token's request included."""
    connector = aiohttp.TCPConnector(limit=0)
    async with aiohttp.ClientSession(connector=connector, read_bufsize=1 << 20) as session:
        floor = Floor(session, base_url)
        started, cpu = time.perf_counter(), time.process_time()
        form = {
            "grant_type": "refresh_token",
            "refresh_token": refresh_token,
            "client_id": key,
            "client_secret": secret,
        }
        async with session.post(f"{base_url}/oauth2/token", data=form) as answer:
            floor.headers["Authorization"] = f"Bearer {(await answer.json())['access_token']}"
        await floor.run()
        return {
            "seconds": time.perf_counter() - started,
            "cpu": time.process_time() - cpu,
            "requests": floor.requests + 1,
        }


if __name__ == "__main__":
    sys.stdout.write(json.dumps(asyncio.run(measure(*sys.argv[1:5]))) + "\n")
