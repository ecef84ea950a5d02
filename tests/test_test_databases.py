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

# What a migration may leave in a database besides tables.
LEFT = {
    "PostgreSQL": [
        "CREATE TYPE kind AS ENUM ('one', 'two')",
        "CREATE TYPE pair AS (one INTEGER, two kind)",
        "CREATE DOMAIN positive AS INTEGER CHECK (VALUE > 0)",
        "CREATE SEQUENCE numbers",
        "CREATE SCHEMA other",
        "CREATE TABLE other.things (id INTEGER PRIMARY KEY, kind kind)",
        "CREATE VIEW seen AS SELECT * FROM other.things",
        "CREATE MATERIALIZED VIEW kept AS SELECT * FROM other.things",
        "CREATE FUNCTION one(kind) RETURNS INTEGER LANGUAGE sql AS 'SELECT 1'",
    ],
    "MariaDB": [
        "CREATE TABLE things (id INTEGER PRIMARY KEY)",
        "CREATE VIEW seen AS SELECT * FROM things",
        "CREATE SEQUENCE numbers",
        "CREATE FUNCTION one() RETURNS INTEGER RETURN 1",
        "CREATE PROCEDURE two() SELECT 2",
        "CREATE EVENT three ON SCHEDULE EVERY 1 YEAR DO SELECT 3",
    ],
}


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


def run_tests(
    project: Project, *options: str, **environment: str
) -> CompletedProcess[str]:
    arguments = ("-m", "pytest", "-p", "no:cacheprovider", "tests/test_app.py")
    return project.try_python(*arguments, *options, **environment)


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


@pytest.mark.parametrize("database", ["PostgreSQL"])
def test_the_database_that_the_tests_have_made_is_used_again_if_it_cannot_be_dropped(
    bake: Bake, existing: Existing
) -> None:
    project = bake(database_url=existing.written())
    for run in range(3):
        result = run_tests(project)
        assert result.returncode == 0, result.stdout
        with existing.engine.begin() as connection:
            # PostgreSQL drops no database that is a template.
            kept = f"ALTER DATABASE {existing.name}_test IS_TEMPLATE {run < 2}"
            connection.execute(text(kept))


@pytest.mark.parametrize("database", DRIVERS)
@pytest.mark.parametrize("named", [False, True], ids=["its own", "named"])
def test_nothing_that_a_migration_has_made_is_left(
    bake: Bake, existing: Existing, database: str, named: bool
) -> None:
    project = bake(database_url=existing.written())
    migration = next(project.package.glob("migrations/versions/*.py"))
    statements = "".join(f'    op.execute("{it}")\n' for it in LEFT[database])
    start = "def upgrade() -> None:\n"
    assert start in migration.read_text()
    migration.write_text(migration.read_text().replace(start, start + statements))

    environment = {}
    if named:
        test_url = existing.written(database=f"{existing.name}x_test")
        create_database(make_url(test_url).set(drivername=DRIVERS[database]))
        environment["TEST_DATABASE_URL"] = test_url

    for _ in range(2):
        result = run_tests(project, **environment)
        assert result.returncode == 0, result.stdout


@pytest.mark.parametrize("database", DRIVERS)
@pytest.mark.parametrize("named", [False, True], ids=["its own", "named"])
def test_each_process_has_a_database_which_is_dropped_at_the_end(
    bake: Bake, existing: Existing, database: str, named: bool
) -> None:
    test_url = existing.written(database=f"{existing.name}x_test")
    other = existing.name + "x" if named else existing.name
    environment = {"TEST_DATABASE_URL": test_url} if named else {}
    project = bake(database_url=existing.written())
    result = run_tests(project, "-p", "xdist", "-n2", **environment)
    assert result.returncode == 0, result.stdout
    assert {name for name in names(existing) if name.startswith(other)} <= {other}


@pytest.mark.parametrize("database", DRIVERS)
def test_a_database_with_the_name_of_a_process_is_not_emptied(
    bake: Bake, existing: Existing, database: str
) -> None:
    test_url = existing.written(database=f"{existing.name}_test_gw0")
    create_database(make_url(test_url).set(drivername=DRIVERS[database]))
    other = Existing(database, test_url)
    result = run_tests(bake(database_url=existing.written()), "-p", "xdist", "-n2")
    assert result.returncode != 0
    assert f"the tests did not create '{existing.name}_test_gw0'" in result.stdout
    assert other.has_its_table()


def names(existing: Existing) -> list[str]:
    """Return the names of all databases of a server."""
    system = {"postgresql": "SELECT datname FROM pg_database"}
    query = system.get(existing.engine.dialect.name, "SHOW DATABASES")
    with existing.engine.connect() as connection:
        return list(connection.scalars(text(query)))


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
