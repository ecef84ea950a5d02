"""The CPU time of a request that reads one row, without a server around it."""

import subprocess
from collections.abc import Iterator
from collections.abc import Mapping
from contextlib import contextmanager
from contextlib import ExitStack
from functools import partial
from pathlib import Path

from . import table
from .compared import Application
from .compared import PAGE
from .turns import in_turns
from .turns import Samples

TITLE = "CPU of a request that reads a row, us"
SQLITE_TITLE = "CPU of a request that reads SQLite, us"
CORE = "SQLAlchemy Core"
EXTENSION = "Flask-SQLAlchemy"
CORE_AIM = 1.35
EXTENSION_AIM = 1.0
SQLITE_AIM = 1.1

# The page of a generated project that reads with the same statement as SQLAlchemy Core.
ROW = "/rows/1"

# Turns are short, as the machine's other work comes and goes.
REQUESTS = 20
WARM_UP_ROUNDS = 3
ROUNDS = 60
STARTS = 3

# By names: an application, and the page to ask it for.
Pages = Mapping[str, tuple[Application, str]]


def compare(projects: Mapping[str, Path], empty: Path, database_url: str) -> None:
    """Compare with SQLAlchemy Core, and with Flask-SQLAlchemy as it comes.

    :param projects: the generated projects, by their layers.
    :param empty: a folder to start the other applications in.
    """
    application = partial(Application, database_url=database_url)
    core = {CORE: (application("core", empty), PAGE)}
    extension = {EXTENSION: (application("extension", empty), PAGE)}
    ping = {f"{EXTENSION}, pre-ping": (application("extension_with_ping", empty), PAGE)}
    objects = generated(projects, database_url, "", PAGE)
    rows = generated(projects, database_url, ", a Core row", ROW)
    samples = measure(core | extension | ping | objects | rows)
    show(TITLE, samples, [*core, *objects, *rows], dict.fromkeys(objects, CORE_AIM))
    names = [*extension, *objects, *ping]
    show(TITLE, samples, names, dict.fromkeys(objects, EXTENSION_AIM))


def compare_on_sqlite(
    projects: Mapping[str, Path], empty: Path, database_url: str
) -> None:
    """Compare with Flask-SQLAlchemy as it comes, whose reads begin no transaction."""
    bare = Application("extension", empty, database_url)
    objects = generated(projects, database_url, "", PAGE)
    samples = measure({EXTENSION: (bare, PAGE), **objects})
    show(SQLITE_TITLE, samples, [*samples], dict.fromkeys(objects, SQLITE_AIM))


def generated(
    projects: Mapping[str, Path], database_url: str, what: str, page: str
) -> dict[str, tuple[Application, str]]:
    return {
        f"Generated, {layer}{what}": (
            Application("generated", folder, database_url),
            page,
        )
        for layer, folder in projects.items()
    }


def show(
    title: str, samples: Samples, names: list[str], aims: Mapping[str, float]
) -> None:
    table.show(title, {name: samples[name] for name in names}, aims)


def measure(pages: Pages) -> Samples:
    """Measure in processes that are started anew several times.

    Where one happens to place its objects in memory, and in which order its sets
    hash, makes a difference of some per cent for as long as it lives.
    """
    samples: dict[str, list[float]] = {name: [] for name in pages}
    for _ in range(STARTS):
        for name, values in measure_once(pages).items():
            samples[name] += values

    return samples


def measure_once(pages: Pages) -> Samples:
    with ExitStack() as stack:
        processes = {
            application: stack.enter_context(answering(application))
            for application in {application for application, _ in pages.values()}
        }
        measurements = {
            name: partial(microseconds, processes[application], page)
            for name, (application, page) in pages.items()
        }
        in_turns(measurements, WARM_UP_ROUNDS)
        return in_turns(measurements, ROUNDS)


@contextmanager
def answering(application: Application) -> Iterator["subprocess.Popen[str]"]:
    process = application.start(
        *("benchmarks.answering", application.full_name),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    with process:
        yield process


def microseconds(process: "subprocess.Popen[str]", page: str) -> float:
    """Have a process answer requests for a page, and return the CPU time of one."""
    assert process.stdin and process.stdout
    print(REQUESTS, page, file=process.stdin, flush=True)
    return float(process.stdout.readline()) * 1e6
