"""The brake: what would lose too much is held, and published as it is when somebody says so; other teams are refused."""

import asyncio
import sys
from hashlib import sha256

import msgspec
from harness.benches import bench
from harness.evidence import table, write
from harness.pictures import assert_same, of_file, of_truth
from harness.simulators import simulating
from harness.syncs import Bench, snapshot_of

from jackfield.errors import BadConfig
from jackfield.state import RunStatus
from jackfield_dropbox_simulator.options import SCOPES, TeamOptions

WITHOUT_INFO = tuple(scope for scope in SCOPES if scope != "team_info.read")


class Loss(msgspec.Struct, frozen=True):
    """A team that loses a share of its users, groups or memberships."""

    team: TeamOptions
    of: str
    percent: float
    held: bool


LOSSES = (
    Loss(TeamOptions(members=60, groups=12, seed=1), "users", 30, held=True),
    Loss(TeamOptions(members=1500, groups=40, seed=2), "users", 30, held=True),
    Loss(TeamOptions(members=6000, groups=60, seed=3), "users", 30, held=True),
    Loss(TeamOptions(members=60, groups=50, seed=4), "groups", 30, held=True),
    Loss(TeamOptions(members=200, groups=30, seed=5), "memberships", 40, held=True),
    Loss(TeamOptions(members=200, groups=30, seed=6, system_group=False), "users", 10, held=False),
    Loss(TeamOptions(members=12, groups=3, memberships=8, seed=7, system_group=False), "users", 50, held=False),
)


async def lose(loss: Loss, workshop: Bench, name: str) -> str:
    """Sync, lose, sync, and accept what is held; gives what was said. Fails where the file or the truth differs."""
    async with simulating(loss.team) as simulator:
        base = (await workshop.sync(simulator, name)).run
        assert base.complete
        simulator.change({"do": "remove_percent", "percent": loss.percent, "of": loss.of})
        run = (await workshop.sync(simulator, name)).run
        truth = of_truth(simulator.truth())
        assert (run.status is RunStatus.HELD) == loss.held, f"{loss}: {run.status} {run.reason}"
        assert_same(of_file(snapshot_of(run)), truth, f"{loss}")
        if not loss.held:
            return "published"
        current = workshop.state.published(name, 1)[0]
        assert current.run == base.run, "a held snapshot became the current one"
        before = snapshot_of(run).read_bytes()
        simulator.reset_requests()
        accepted = workshop.accept(run.run, name)
        assert simulator.requests()["total"] == 0, "accepting made requests"
        after = snapshot_of(accepted).read_bytes()
        assert after == before
        assert accepted.sha256 == run.sha256 == sha256(after).hexdigest()
        assert accepted.status is RunStatus.PUBLISHED
        assert workshop.state.published(name, 1)[0].run == run.run
        following = (await workshop.sync(simulator, name)).run
        assert following.status is RunStatus.PUBLISHED
        assert following.base == run.run
        return f"held: {run.reason}"


async def meet_another(workshop: Bench, name: str, *, informed: tuple[bool, bool]) -> str:
    """Sync one team, then reach another behind the same connection; *informed*: whether team_info.read is granted."""
    one, two = (TeamOptions(members=40, groups=5, seed=seed) for seed in (21, 22))
    scopes = [SCOPES if known else WITHOUT_INFO for known in informed]
    async with simulating(one, scopes=scopes[0]) as first:
        base = (await workshop.sync(first, name)).run
        assert base.status is RunStatus.PUBLISHED
    async with simulating(two, scopes=scopes[1]) as second:
        result = await workshop.sync(second, name)
        assert workshop.state.published(name, 1)[0].run == base.run, "another team's snapshot was published"
        if all(informed):
            assert isinstance(result.error, BadConfig), result
            assert result.run.status is RunStatus.FAILED
            assert not workshop.home.partial(name).exists(), "rows of another team are kept for the next sync"
            return f"refused: {result.error.summary.partition(' (')[0]}"
        assert result.run.status is RunStatus.HELD, result
        return f"held: {result.run.reason}"


def main(argv: list[str]) -> int:
    """Run all; there are no arguments."""
    rows: list[tuple[object, ...]] = []

    async def run() -> None:
        with bench() as workshop:
            for number, loss in enumerate(LOSSES):
                told = await lose(loss, workshop, f"loss{number}")
                rows.append((f"{loss.team.members} members lose {loss.percent:g} % of their {loss.of}", told))
            for number, informed in enumerate([(True, True), (True, False), (False, True), (False, False)]):
                told = await meet_another(workshop, f"other{number}", informed=informed)
                granted = " then ".join("granted" if known else "not granted" for known in informed)
                rows.append((f"another team, team_info.read {granted}", told))

    asyncio.run(run())
    told = table(("what happened", "what the next sync did"), rows)
    print(told, file=sys.stderr)
    write(
        "brake",
        "What the brake holds",
        "Each held snapshot was then accepted: that very file was published, byte for byte, without a request.",
        told,
    )
    return 0
