"""Projects of drivers that are not the default of their dialect."""

import re
import socket
from pathlib import Path

import pytest

from tests import needs
from tests.conftest import Bake
from tests.conftest import url_of


@pytest.mark.parametrize(
    ("database", "driver", "greenlets"),
    [
        ("PostgreSQL", "psycopg2", "no"),
        ("PostgreSQL", "psycopg2", "yes"),
        ("PostgreSQL", "pg8000", "no"),
        ("PostgreSQL", "pg8000", "yes"),
        ("MariaDB", "mysqldb", "no"),
        ("MariaDB", "mysqlconnector", "no"),
        ("MariaDB", "mysqlconnector", "yes"),
    ],
)
def test_the_projects_tests_pass(
    request: pytest.FixtureRequest,
    bake: Bake,
    database: str,
    driver: str,
    greenlets: str,
) -> None:
    if driver == "mysqldb":
        needs.package("MySQLdb")

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
from my_flask_app.database.connections import create_engine
from sqlalchemy.exc import DBAPIError

try:
    create_engine("{url}").connect()
except DBAPIError:
    print("no answer")
"""


@pytest.mark.parametrize(
    "scheme", ["postgresql", "postgresql+psycopg2", "mysql+mysqldb"]
)
def test_a_server_that_does_not_answer_is_given_up(bake: Bake, scheme: str) -> None:
    if scheme == "mysql+mysqldb":
        needs.package("MySQLdb")

    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"{scheme}://me@127.0.0.1:{silent.getsockname()[1]}/app"
        project = bake(database_url=url)
        assert project.python("-c", CONNECT.format(url=url)) == "no answer\n"
