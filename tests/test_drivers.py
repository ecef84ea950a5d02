"""Projects of drivers that are not the default of their dialect."""

import importlib.util
import re
import socket
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.conftest import Bake
from tests.conftest import skip
from tests.conftest import url_of

WITH_TIMEOUT = ["postgresql", "postgresql+psycopg2", "mysql+mysqldb"]


@pytest.mark.parametrize(
    ("database", "driver", "module", "greenlets"),
    [
        ("PostgreSQL", "psycopg2", "psycopg2", "no"),
        ("PostgreSQL", "psycopg2", "psycopg2", "yes"),
        ("PostgreSQL", "pg8000", "pg8000", "no"),
        ("PostgreSQL", "pg8000", "pg8000", "yes"),
        ("MariaDB", "mysqldb", "MySQLdb", "no"),
        ("MariaDB", "mysqlconnector", "mysql.connector", "no"),
        ("MariaDB", "mysqlconnector", "mysql.connector", "yes"),
    ],
)
def test_the_projects_tests_pass(
    request: pytest.FixtureRequest,
    bake: Bake,
    database: str,
    driver: str,
    module: str,
    greenlets: str,
) -> None:
    if importlib.util.find_spec(module.partition(".")[0]) is None:
        skip(f"{module} is not installed")

    url = url_of(database, request).replace("://", f"+{driver}://", 1)
    if driver == "mysqlconnector":
        url += "?use_pure=true"

    project = bake(database_url=url, greenlet_support=greenlets)
    project.python("-m", "ruff", "check", "--no-cache")
    project.python("-m", "ruff", "format", "--no-cache", "--diff")
    output = project.python("-m", "pytest", "-p", "no:cacheprovider")
    assert re.search(r"\d+ passed", output)


@pytest.mark.parametrize(
    "url",
    [
        "mssql://me:secret@localhost/app",
        "mssql+pymssql://me:secret@localhost/app",
        "oracle://me:secret@localhost/?service_name=app",
        "cockroachdb://me:secret@localhost/app",
    ],
)
@pytest.mark.parametrize("layer", ["Flask-SQLAlchemy", "SQLAlchemy"])
def test_projects_for_servers_that_are_not_here_are_clean(
    bake: Bake, mypy_cache: Path, url: str, layer: str
) -> None:
    project = bake(database_url=url, sqlalchemy_layer=layer)
    project.python("-m", "ruff", "check", "--no-cache")
    project.python("-m", "ruff", "format", "--no-cache", "--diff")
    project.python("-m", "mypy", "--cache-dir", mypy_cache)


CONNECT = """
from my_flask_app.connections import create_engine, parse_url
from sqlalchemy.exc import DBAPIError

try:
    create_engine(parse_url("{url}")).connect()
except DBAPIError:
    print("no answer")
"""


def test_a_server_that_says_nothing_is_given_up(bake: Bake) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = f"me@127.0.0.1:{silent.getsockname()[1]}/app"
        urls = [f"{scheme}://{address}" for scheme in WITH_TIMEOUT]
        projects = [bake(database_url=url) for url in urls]
        with ThreadPoolExecutor(len(urls)) as threads:
            results = threads.map(
                lambda project, url: project.python("-c", CONNECT.format(url=url)),
                projects,
                urls,
            )
            assert list(results) == ["no answer\n"] * len(urls)
