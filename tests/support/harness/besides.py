"""A simulator in a thread of this process, beside commands that run in others: no process has to be started for it."""

from collections.abc import Generator
from contextlib import contextmanager

from jackfield_dropbox_simulator.launch import Control
from jackfield_dropbox_simulator.options import ServiceOptions, TeamOptions
from jackfield_dropbox_simulator.server import Simulator
from jackfield_dropbox_simulator.thread import running


class Beside(Control):
    """The control routes over HTTP, from a thread beside the simulator's event loop; credentials as a spawned one has."""

    def __init__(self, simulator: Simulator) -> None:
        super().__init__(simulator.base_url)
        self.app_key: str = simulator.ready["app_key"]
        self.app_secret: str = simulator.ready["app_secret"]
        self.refresh_token: str = simulator.ready["refresh_token"]


@contextmanager
def simulator_beside(team: TeamOptions, options: ServiceOptions | None = None) -> Generator[Beside]:
    """A simulator of *team*, until the block ends."""
    with running(team, options) as simulator:
        yield Beside(simulator)
