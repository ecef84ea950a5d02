"""Processes that are forked while a session is in a transaction."""

import pytest

from tests import needs
from tests.conftest import Project
from tests.scenarios.conftest import Figure
from tests.scenarios.conftest import THREADS

DRIVERS = [
    ("SQLite", "pysqlite"),
    ("PostgreSQL", "psycopg"),
    ("MariaDB", "pymysql"),
    ("MariaDB", "mysqldb"),
    pytest.param("PostgreSQL", "psycopg2", marks=pytest.mark.torture),
    pytest.param("PostgreSQL", "pg8000", marks=pytest.mark.torture),
    pytest.param("MariaDB", "mysqlconnector", marks=pytest.mark.torture),
]

pytestmark = [
    pytest.mark.parametrize(("database", "driver"), DRIVERS),
    # Commands are the same where greenlets answer.
    pytest.mark.parametrize("kind", THREADS),
]


@pytest.fixture
def database_url(database_url: str, driver: str) -> str:
    if driver == "mysqldb":
        needs.package("MySQLdb")

    return database_url.replace("://", f"+{driver}://", 1)


def run(project: Project, command: str) -> str:
    """Return what a command prints last, as the log may name it before."""
    return project.python("-m", "flask", "--app", "probes", command).splitlines()[-1]


def test_a_command_that_forks_in_a_transaction_keeps_its_changes(
    project: Project, figure: Figure
) -> None:
    assert run(project, "fork") == "1"
    figure("5 children")


def test_a_pool_of_processes_in_a_transaction_gets_its_own_results(
    project: Project, figure: Figure
) -> None:
    assert run(project, "pool") == "1"
    figure("200 of 200")
