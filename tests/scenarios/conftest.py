"""What scenarios are about: a project for every case, served on a real database."""

import shutil
import sqlite3
from collections.abc import Callable
from collections.abc import Iterator
from contextlib import closing
from contextlib import ExitStack
from pathlib import Path
from typing import Protocol

import pytest
from _pytest.mark import ParameterSet
from sqlalchemy import make_url

from tests import servers
from tests.breaks import break_project
from tests.conftest import Bake
from tests.conftest import CHOICES
from tests.conftest import DATABASES
from tests.conftest import numbers
from tests.conftest import Project
from tests.conftest import url_of
from tests.scenarios.serving import GUNICORN
from tests.scenarios.serving import Served
from tests.scenarios.serving import served

PROBES = Path(__file__).with_name("probes.py")
FLASK_SQLALCHEMY, SQLALCHEMY = CHOICES["sqlalchemy_layer"]


def kind(layer: str, concurrency: str, *marks: pytest.MarkDecorator) -> ParameterSet:
    return pytest.param((layer, concurrency), id=f"{layer}-{concurrency}", marks=marks)


# Each layer and each way to serve is among the quick ones.
THREADS = [
    kind(FLASK_SQLALCHEMY, "threads"),
    kind(SQLALCHEMY, "threads", pytest.mark.torture),
]
GREENLETS = [
    kind(SQLALCHEMY, "greenlets"),
    kind(FLASK_SQLALCHEMY, "greenlets", pytest.mark.torture),
]


@pytest.fixture(params=DATABASES)
def database(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(name="kind", params=THREADS + GREENLETS)
def kind_of_project(request: pytest.FixtureRequest) -> tuple[str, str]:
    """Return the layer, and whether threads or greenlets answer."""
    layer, concurrency = request.param
    return layer, concurrency


@pytest.fixture
def server(database: str, request: pytest.FixtureRequest) -> Iterator[servers.Server]:
    """Return the server of the database; afterwards it runs again."""
    server: servers.Server = request.getfixturevalue(f"{database.lower()}_server")
    yield server
    if not server.runs():
        server.start()


@pytest.fixture
def database_url(database: str, request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Return the URL of a new database."""
    if database == "SQLite":
        return f"sqlite:///{tmp_path / 'probes.db'}"

    return url_of(database, request)


@pytest.fixture
def project(
    bake: Bake,
    database_url: str,
    kind: tuple[str, str],
    request: pytest.FixtureRequest,
) -> Project:
    """Return a project with the probes."""
    layer, concurrency = kind
    project = bake(
        database_url=database_url,
        sqlalchemy_layer=layer,
        greenlet_support="yes" if concurrency == "greenlets" else "no",
    )
    shutil.copy(PROBES, project.path)
    if name := request.config.getoption("--break", None):
        break_project(project, name)

    return project


Check = Callable[[Served], None]
Figure = Callable[[str], None]


class Serve(Protocol):
    def __call__(self, *arguments: str, **environment: str) -> Served: ...


@pytest.fixture
def start(project: Project, tmp_path: Path) -> Iterator[Serve]:
    """Return a function that runs Python in the project until the test is over."""
    with ExitStack() as stack:

        def start(*arguments: str, **environment: str) -> Served:
            log = tmp_path / f"{next(numbers)}.log"
            return stack.enter_context(served(project, log, arguments, environment))

        yield start


@pytest.fixture
def serve(start: Serve) -> Serve:
    """Return a function that serves the project, as the project says.

    It takes options of Gunicorn and settings of the project. Unless there is
    another ``WEB_CONCURRENCY``, there is one worker, so that what it holds can be
    asked for.
    """

    def serve(*options: str, **environment: str) -> Served:
        return start(*GUNICORN, *options, **{"WEB_CONCURRENCY": "1"} | environment)

    return serve


@pytest.fixture
def nothing_is_left(
    database: str, database_url: str, request: pytest.FixtureRequest
) -> Check:
    """Return a function that looks, on both sides, for what requests have left."""

    def transactions() -> int:
        if database != "SQLite":
            server: servers.Server = request.getfixturevalue("server")
            return server.open_transactions()

        file = make_url(database_url).database
        with closing(sqlite3.connect(f"{file}", timeout=0)) as connection:
            try:
                connection.execute("BEGIN IMMEDIATE")
            except sqlite3.OperationalError:
                return 1

        return 0

    def check(served: Served) -> None:
        # A client has its answer a moment before the request has ended.
        served.wait_until(served.has_no_leftovers, seconds=10)
        served.wait_until(lambda: transactions() == 0, seconds=10)

    return check


@pytest.fixture(autouse=True)
def note_case(
    database: str,
    kind: tuple[str, str],
    request: pytest.FixtureRequest,
    record_property: Callable[[str, object], None],
) -> None:
    """Note what the test is about, for the table."""
    record_property("claim", claim_of(request.node.originalname))
    record_property("database", database)
    record_property("kind", ", ".join(kind))
    record_property("version", version_of(database, request))


def claim_of(test: str) -> str:
    return test.removeprefix("test_").replace("_", " ")


def version_of(database: str, request: pytest.FixtureRequest) -> str:
    if database == "SQLite":
        return sqlite3.sqlite_version

    server: servers.Server = request.getfixturevalue(f"{database.lower()}_server")
    return server.version()


@pytest.fixture
def figure(record_property: Callable[[str, object], None]) -> Figure:
    """Return a function that notes what was measured, for the table."""
    return lambda text: record_property("figure", text)
