"""Projects store every text, whatever the server and the database do by default."""

from collections.abc import Iterator
from functools import partial

import psycopg
import pytest

from tests import needs
from tests import servers
from tests.conftest import Bake
from tests.conftest import numbers
from tests.conftest import Project
from tests.conftest import started

DRIVERS = ["pymysql", "mysqldb", "mysqlconnector"]
LAYERS = ["Flask-SQLAlchemy", "SQLAlchemy"]

ADD = """
from my_flask_app.app import create_app

app = create_app({"WTF_CSRF_ENABLED": False})
for name, email in [("Ольга", "zoe@x"), ("李 🙂", "zoë@x"), ("Zoe", "ZOE@x")]:
    page = app.test_client().post("/add", data={"name": name, "email": email})
    print(page.status_code)

page = app.test_client().get("/").text
print("Ольга" in page, "李 🙂" in page, "zoë@x" in page, "ZOE@x" in page)
"""


@pytest.fixture(scope="module")
def server() -> Iterator[servers.MariaDB]:
    with started(partial(servers.mariadb, charset="latin1")) as server:
        yield server


@pytest.fixture
def url(server: servers.MariaDB) -> str:
    """Return the URL of a database that has what the server has by default."""
    name = f"latin{next(numbers)}"
    server.execute(f"CREATE DATABASE {name}")
    return server.url.rpartition("/")[0] + f"/{name}"


def upgrade(project: Project) -> str:
    return project.python("-m", "flask", "db", "upgrade")


@pytest.mark.parametrize("driver", DRIVERS)
def test_every_name_is_stored_on_a_server_with_latin1(
    bake: Bake, url: str, driver: str
) -> None:
    if driver == "mysqldb":
        needs.package("MySQLdb")

    project = bake(database_url=url.replace("://", f"+{driver}://"), example_app="yes")
    assert "cannot hold every text" not in upgrade(project)
    lines = project.python("-c", ADD, PYTHONIOENCODING="utf-8").splitlines()
    assert lines == ["302", "302", "302", "True True True True"]


def test_the_projects_tests_pass_on_a_server_with_latin1(bake: Bake, url: str) -> None:
    project = bake(database_url=url, example_app="yes")
    tests = ["tests/test_students.py", "tests/database/test_texts.py"]
    project.python("-m", "pytest", "-p", "no:cacheprovider", *tests)


def test_the_sql_of_migrations_says_what_tables_are_created_with(
    bake: Bake, url: str
) -> None:
    project = bake(database_url=url)
    sql = project.python("-m", "flask", "db", "upgrade", "--sql")
    assert "CHARSET=utf8mb4 COLLATE utf8mb4_nopad_bin" in sql


@pytest.mark.parametrize("layer", LAYERS)
def test_a_table_that_cannot_hold_every_text_is_named_in_one_line(
    bake: Bake, server: servers.MariaDB, url: str, layer: str
) -> None:
    database = url.rpartition("/")[2]
    server.execute(f"CREATE TABLE {database}.old (name VARCHAR(9))")
    project = bake(database_url=url, sqlalchemy_layer=layer)
    (line,) = [it for it in upgrade(project).splitlines() if "every text" in it]
    assert line.endswith(": old (latin1_swedish_ci)")
    server.execute(f"ALTER TABLE {database}.old CONVERT TO CHARACTER SET utf8mb4")
    assert "every text" not in upgrade(project)


@pytest.mark.parametrize("encoding", ["LATIN1", "SQL_ASCII"])
@pytest.mark.parametrize("driver", ["psycopg", "psycopg2", "pg8000"])
def test_a_postgresql_database_that_cannot_hold_every_text_is_named_in_one_line(
    bake: Bake, postgresql_url: str, encoding: str, driver: str
) -> None:
    name = f"narrow{next(numbers)}"
    with psycopg.connect(postgresql_url, autocommit=True) as connection:
        connection.execute(
            f"CREATE DATABASE {name} ENCODING '{encoding}' TEMPLATE template0"
            " LC_COLLATE 'C' LC_CTYPE 'C'"
        )

    url = postgresql_url.replace("postgresql:", f"postgresql+{driver}:")
    project = bake(database_url=url.rpartition("/")[0] + f"/{name}")
    (line,) = [it for it in upgrade(project).splitlines() if "every text" in it]
    assert line.endswith(f": {name} ({encoding})")
