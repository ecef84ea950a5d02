"""A project's tests empty their own database, and no other."""

from subprocess import CompletedProcess
from typing import Any

import pytest
from sqlalchemy import create_engine
from sqlalchemy import inspect
from sqlalchemy import make_url
from sqlalchemy import text
from sqlalchemy.pool import NullPool
from sqlalchemy_utils import create_database

from tests.conftest import Bake
from tests.conftest import Project
from tests.conftest import url_of

DRIVERS = {"PostgreSQL": "postgresql+psycopg", "MariaDB": "mariadb+pymysql"}


class Existing:
    """A database that is not of the tests, with a table."""

    def __init__(self, database: str, url: str) -> None:
        self.url = make_url(url)
        self.name = str(self.url.database)
        self.engine = create_engine(
            self.url.set(drivername=DRIVERS[database]), poolclass=NullPool
        )
        with self.engine.begin() as connection:
            connection.execute(text("CREATE TABLE precious (id INTEGER PRIMARY KEY)"))

    def has_its_table(self) -> bool:
        return inspect(self.engine).has_table("precious")

    def written(self, **changes: Any) -> str:
        """Return its URL with some changes."""
        return self.url.set(**changes).render_as_string(hide_password=False)


@pytest.fixture
def existing(database: str, request: pytest.FixtureRequest) -> Existing:
    return Existing(database, url_of(database, request))


def run_tests(project: Project, **environment: str) -> CompletedProcess[str]:
    arguments = ("-m", "pytest", "-p", "no:cacheprovider", "tests/test_app.py")
    return project.try_python(*arguments, **environment)


@pytest.mark.parametrize(
    ("database", "driver", "key"),
    [
        ("PostgreSQL", "psycopg", "dbname"),
        ("PostgreSQL", "psycopg2", "dbname"),
        ("PostgreSQL", "pg8000", "database"),
        ("MariaDB", "pymysql", "database"),
        ("MariaDB", "mysqlconnector", "database"),
    ],
)
def test_a_database_that_the_query_of_the_url_names_is_not_emptied(
    bake: Bake, existing: Existing, driver: str, key: str
) -> None:
    url = existing.written(
        drivername=f"{existing.url.drivername}+{driver}",
        database="shop",
        query={key: existing.name},
    )
    result = run_tests(bake(database_url=url))
    assert result.returncode == 1
    assert f"the URL names 'shop_test', but leads to '{existing.name}'" in result.stdout
    assert existing.has_its_table()


@pytest.mark.parametrize("database", DRIVERS)
def test_a_database_that_the_tests_have_not_made_is_emptied_only_if_it_is_named(
    bake: Bake, existing: Existing, database: str, request: pytest.FixtureRequest
) -> None:
    shop = existing.name + "x"
    test_url = existing.written(database=f"{shop}_test")
    create_database(make_url(test_url).set(drivername=DRIVERS[database]))
    other = Existing(database, test_url)
    project = bake(database_url=existing.written(database=shop))

    result = run_tests(project)
    assert result.returncode == 1
    assert f"the tests did not create '{shop}_test'" in result.stdout
    assert other.has_its_table()

    result = run_tests(project, TEST_DATABASE_URL=test_url)
    assert result.returncode == 0, result.stdout
    assert not other.has_its_table()


@pytest.mark.parametrize("database", DRIVERS)
def test_the_database_of_the_application_is_not_that_of_the_tests(
    bake: Bake, existing: Existing, database: str
) -> None:
    key = "dbname" if database == "PostgreSQL" else "database"
    url = existing.written(database="shop", query={key: existing.name})
    for address in (url, existing.written()):
        project = bake(database_url=address)
        result = run_tests(project, TEST_DATABASE_URL=existing.written())
        assert result.returncode == 1
        assert "names the database of DATABASE_URL" in result.stdout

    assert existing.has_its_table()


@pytest.mark.parametrize("database", DRIVERS)
def test_the_database_that_the_tests_have_made_is_used_again(
    bake: Bake, existing: Existing, database: str
) -> None:
    project = bake(database_url=existing.written())
    for _ in range(2):
        result = run_tests(project)
        assert result.returncode == 0, result.stdout

    assert existing.has_its_table()


def test_a_table_of_another_database_is_not_dropped(
    bake: Bake, request: pytest.FixtureRequest
) -> None:
    other = Existing("MariaDB", url_of("MariaDB", request))
    project = bake(database_url=url_of("MariaDB", request))
    migration = next(project.package.glob("migrations/versions/*.py"))
    migration.write_text(
        migration.read_text().replace(
            "        sa.PrimaryKeyConstraint",
            "        sa.Column('it', sa.Integer,"
            f" sa.ForeignKey('{other.name}.precious.id')),\n"
            "        sa.PrimaryKeyConstraint",
        )
    )
    for _ in range(2):
        result = run_tests(project)
        assert result.returncode == 0, result.stdout

    assert other.has_its_table()


@pytest.mark.parametrize("database", ["PostgreSQL"])
@pytest.mark.parametrize(
    ("query", "reason"),
    [
        ("", "DATABASE_URL names no database, as postgresql://user@host/name does"),
        ("/?dbname=app", "DATABASE_URL names none, so TEST_DATABASE_URL has to"),
    ],
)
def test_a_url_without_a_database_is_refused(
    bake: Bake, existing: Existing, query: str, reason: str
) -> None:
    project = bake(database_url=existing.written())
    url = existing.written().rpartition("/")[0]
    result = run_tests(project, DATABASE_URL=url + query)
    assert result.returncode == 1
    assert reason in result.stdout
