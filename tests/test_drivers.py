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


KNOWN = """
import inspect
from my_flask_app.database import driver
{code}
print(*sorted(set(names) - set(driver.PARAMETERS.split())))
"""


@pytest.mark.parametrize(
    ("scheme", "code"),
    [
        (
            "postgresql+psycopg",
            "from psycopg.pq import Conninfo\n"
            "names = [it.keyword.decode() for it in Conninfo.get_defaults()]",
        ),
        (
            "postgresql+pg8000",
            "import pg8000\n"
            "names = {*inspect.signature(pg8000.connect).parameters}"
            " - {'ssl_context', 'startup_params'}",
        ),
        (
            "mysql+pymysql",
            "import pymysql\n"
            "names = {*inspect.signature(pymysql.connect).parameters}"
            " - {'auth_plugin_map', 'conv', 'cursorclass'}",
        ),
        (
            "mysql+mysqlconnector",
            "from mysql.connector import constants as it\n"
            "names = [*it.DEFAULT_CONFIGURATION, *it.CNX_POOL_ARGS]",
        ),
    ],
)
def test_what_a_driver_takes_is_known(bake: Bake, scheme: str, code: str) -> None:
    """As the template cannot ask the driver, which is installed with the project."""
    project = bake(database_url=f"{scheme}://me@localhost/app")
    assert project.python("-c", KNOWN.format(code=code)) == "\n"


@pytest.mark.parametrize(
    ("driver", "name"),
    [
        ("postgresql+psycopg", "sslmode"),
        ("postgresql+psycopg2", "sslmode"),
        ("postgresql+pg8000", "ssl_context"),
        ("mysql+pymysql", "conv"),
        ("mysql+mysqlconnector", "use_pure"),
    ],
)
def test_a_driver_that_is_newer_is_asked_for_more(
    bake: Bake, driver: str, name: str
) -> None:
    project = bake(database_url=f"{driver}://me@localhost/app")
    asked = f"print(driver.takes({name!r}), driver.takes('nonsense'))"
    code = f"from my_flask_app.database import driver; {asked}"
    assert project.python("-c", code) == "True False\n"
