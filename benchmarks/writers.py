"""How long writers to SQLite wait for each other."""

import subprocess
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from contextlib import contextmanager
from contextlib import ExitStack
from functools import partial
from pathlib import Path

from . import table
from .compared import Application
from .requests import EXTENSION
from .turns import in_turns

TIME = "Time of a write to SQLite, ms"
WAIT = "What 99 % of writers wait at most, ms"
VISIT = "Time of a page that notes a visit, with 24 clients, ms"

WRITERS = 24
ROUNDS = 8

# What writers think in the middle of a transaction, in milliseconds.
THOUGHT = 10

# It commits when the visitor was there, and then renders for 0.2 s.
PAGE = "/visits/1/200"

# The highest welcome ratios: to the time of one writer, and to a fair turn.
TIME_AIMS = {"threads": 1.0, "gevent": 1 / 1.3}
WAIT_AIMS = {"one process": 1.5, "two processes": 2.0}
VISIT_AIM = 1 / 0.9

# What a program that writes waits for, and tells.
Writing = subprocess.Popen[str]


def compare(projects: Mapping[str, Path], database_url: str) -> None:
    """Compare writers with one that is alone, and their waits with a fair turn.

    :param projects: the generated projects, by how they serve.
    """
    for serving, folder in projects.items():
        application = Application("generated", folder, database_url)
        with writing(application) as first, writing(application) as second:
            groups = {"one process": [first], "two processes": [first, second]}
            times = {"one writer": partial(time_of_a_write, [first], 1)}
            waits = {"a fair turn": partial(fair_turn, [first])}
            for name, processes in groups.items():
                times[name] = partial(time_of_a_write, processes, WRITERS)
                waits[name] = partial(wait, processes)

            time_aims = {"one process": TIME_AIMS[serving]}
            show(TIME, serving, times, time_aims)
            show(WAIT, serving, waits, WAIT_AIMS)


def compare_visits(
    projects: Mapping[str, Path], empty: Path, database_url: str
) -> None:
    """Compare pages that note a visit with Flask-SQLAlchemy as it comes.

    :param projects: the generated projects, by their layers.
    :param empty: a folder to start the other application in.
    """
    bare = Application("extension", empty, database_url)
    applications = {EXTENSION: bare} | {
        f"Generated, {layer}": Application("generated", folder, database_url)
        for layer, folder in projects.items()
    }
    with ExitStack() as stack:
        pages = {
            name: partial(time_of_a_page, stack.enter_context(writing(application)))
            for name, application in applications.items()
        }
        samples = in_turns(pages, ROUNDS)

    table.show(VISIT, samples, {name: VISIT_AIM for name in [*pages][1:]})


def show(
    title: str,
    serving: str,
    measurements: "Mapping[str, partial[float]]",
    aims: Mapping[str, float],
) -> None:
    samples = in_turns(measurements, ROUNDS)
    names = {name: f"{serving}, {name}" for name in samples}
    table.show(
        title,
        {names[name]: values for name, values in samples.items()},
        {names[name]: aim for name, aim in aims.items()},
    )


@contextmanager
def writing(application: Application) -> Iterator[Writing]:
    process = application.start(
        *("benchmarks.writing", application.full_name),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    with process:
        yield process


def time_of_a_write(processes: Sequence[Writing], writers: int) -> float:
    """Return the milliseconds from one write to the next, whoever it is of."""
    return 1000 / sum(rate for rate, _ in measure(processes, writers, 0))


def time_of_a_page(process: Writing) -> float:
    """Return the milliseconds from one page to the next, whoever it is for."""
    ((rate, _),) = ask([process], WRITERS, f"GET {PAGE}")
    return 1000 / rate


def fair_turn(processes: Sequence[Writing]) -> float:
    ((rate, _),) = measure(processes, 1, THOUGHT)
    return WRITERS * 1000 / rate


def wait(processes: Sequence[Writing]) -> float:
    return max(longest for _, longest in measure(processes, WRITERS, THOUGHT))


def measure(
    processes: Sequence[Writing], writers: int, thought: int
) -> list[tuple[float, float]]:
    return ask(processes, writers, f"POST /students/1/{thought}")


def ask(
    processes: Sequence[Writing], writers: int, page: str
) -> list[tuple[float, float]]:
    """Let processes answer at the same time, with that many writers together.

    :return: of each process, its answers a second, and what 99 % of them took at most,
        in milliseconds.
    """
    for process in processes:
        assert process.stdin
        print(writers // len(processes), page, file=process.stdin, flush=True)

    return [read(process) for process in processes]


def read(process: Writing) -> tuple[float, float]:
    assert process.stdout
    rate, longest = process.stdout.readline().split()
    return float(rate), float(longest)
