"""What happened to hosts that serve, and the page that tells it."""

from collections import Counter
from collections.abc import Sequence

import msgspec
from harness.evidence import table, write


class Seen(msgspec.Struct, kw_only=True):
    """What happened."""

    tasks: int = 0
    by_command: int = 0
    kills: int = 0
    stops: int = 0
    long_stops: int = 0
    away: float = 0.0
    seconds: float = 0.0
    fenced: int = 0
    twice_given: int = 0
    not_known_at_first: int = 0
    codes: Counter[int] = msgspec.field(default_factory=Counter[int])
    commands: Counter[int] = msgspec.field(default_factory=Counter[int])
    outcomes: Counter[str] = msgspec.field(default_factory=Counter[str])
    syncs: dict[str, dict[str, int]] = {}
    longest: dict[str, float] = {}
    ends: tuple[float, ...] = ()


def written(seen: Seen, *, hosts: int, teams: Sequence[str], term: float, interval: int) -> None:
    """Write the page of evidence."""
    rows = (
        ("hosts; connections; seconds that a lock lasts", f"{hosts}; {len(teams)}; {term:.0f}"),
        ("seconds", round(seen.seconds)),
        ("changes as tasks; by `apply`", f"{seen.tasks}; {seen.by_command}"),
        (
            "hosts killed and started again; stopped for 0.4 to 5 s; for 8 to 14 s",
            _joined(seen.kills, seen.stops, seen.long_stops),
        ),
        ("seconds without the database", round(seen.away)),
        ("hosts by the way they ended (75: started while the database was away)", _counted(seen.codes)),
        ("`apply` by exit code", _counted(seen.commands)),
        ("writes refused since another host had taken over", seen.fenced),
        (
            "tasks given out more than once; told to be not known at first",
            f"{seen.twice_given}; {seen.not_known_at_first}",
        ),
        ("entries of the journal by outcome", ", ".join(f"{n} {name}" for name, n in sorted(seen.outcomes.items()))),
        ("changes that the application made; more than once", f"{seen.tasks + seen.by_command}; 0"),
        ("undecided at the end; tasks told what the journal does not have, or contradicts", "0; 0"),
        *(
            (f"syncs of {name}", ", ".join(f"{n} {status}" for status, n in sorted(seen.syncs[name].items())))
            for name in teams
        ),
        (
            f"longest time between two snapshots ({', '.join(name for name in teams)}), s",
            _joined(*(round(seen.longest[name]) for name in teams)),
        ),
        ("ends of the hosts, s", ", ".join(f"{each:.1f}" for each in seen.ends)),
    )
    write(
        "hosts-serving",
        "Hosts that serve, die and hang",
        "Three `jackfield serve`, as processes on one machine, share a real PostgreSQL and a folder. They sync three connections"
        f" every {interval} s and serve one of them to a stand-in of the platform, which offers a task again of which it hears"
        " nothing for six seconds; `apply` makes some of the changes beside them. Hosts are ended by `kill -9` and stopped by"
        " SIGSTOP at random, and the database goes away for a minute. At the end each change was made once by the application's"
        " own count, nothing is undecided, every task was told what the journal has, the last snapshot is the truth, and `verify`"
        " finds nothing.",
        table(("what", "how many"), rows),
    )


def _joined(*numbers: object) -> str:
    return "; ".join(map(str, numbers))


def _counted(codes: Counter[int]) -> str:
    return ", ".join(f"{code}: {number}" for code, number in sorted(codes.items()))
