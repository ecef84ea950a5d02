"""``flask doctor`` names what is wrong with servers, and with what serves."""

import json
from collections.abc import Iterator

import pytest
from sqlalchemy import make_url

from tests import needs
from tests import servers
from tests.conftest import Bake
from tests.conftest import CHOICES
from tests.conftest import Project
from tests.conftest import started
from tests.conftest import url_of

DOCTOR = "from my_flask_app.ops.doctor import doctor; doctor()"
LAYERS = CHOICES["sqlalchemy_layer"]


def wrong(project: Project, **environment: str) -> dict[str, str]:
    """Return what each check says that finds something wrong in production."""
    production = {"ENVIRONMENT": "production"} | environment
    done = project.try_python("-c", DOCTOR, "--json", **production)
    found = json.loads(done.stdout)
    result = {it["check"]: it["says"][0] for it in found if it["status"] == "wrong"}
    assert done.returncode == bool(result)
    return result


def migrated(bake: Bake, url: str, **answers: str) -> Project:
    project = bake(database_url=url, **answers)
    project.python("-m", "flask", "db", "upgrade")
    return project


@pytest.fixture(scope="module")
def postgresql() -> Iterator[servers.PostgreSQL]:
    """Return a server whose settings only these tests change."""
    with started(servers.postgresql) as server:
        yield server


@pytest.fixture(scope="module")
def mariadb() -> Iterator[servers.MariaDB]:
    with started(servers.mariadb) as server:
        yield server


@pytest.fixture(scope="module")
def on_postgresql(bake: Bake, postgresql: servers.PostgreSQL) -> Project:
    return migrated(bake, postgresql.url, sqlalchemy_layer="SQLAlchemy")


@pytest.fixture(scope="module")
def on_mariadb(bake: Bake, mariadb: servers.MariaDB) -> Project:
    return migrated(bake, mariadb.url)


@pytest.mark.parametrize("greenlets", ["no", "yes"])
@pytest.mark.parametrize("layer", LAYERS)
@pytest.mark.parametrize("database", ["SQLite", "PostgreSQL", "MariaDB"])
def test_a_healthy_project_in_production_has_nothing_to_report(
    request: pytest.FixtureRequest,
    bake: Bake,
    database: str,
    layer: str,
    greenlets: str,
) -> None:
    url = url_of(database, request)
    answers = {"sqlalchemy_layer": layer, "greenlet_support": greenlets}
    assert wrong(migrated(bake, url, **answers)) == {}


@pytest.mark.parametrize(
    ("change", "undo", "check", "says"),
    [
        (
            "ALTER DATABASE app SET idle_session_timeout = '60s'",
            "ALTER DATABASE app RESET idle_session_timeout",
            "patient",
            "idle for 60 seconds, and the pool keeps them for 180. Set idle_session",
        ),
        (
            "ALTER DATABASE app SET default_transaction_isolation = 'serializable'",
            "ALTER DATABASE app RESET default_transaction_isolation",
            "isolated",
            "Transactions begin with SERIALIZABLE.",
        ),
        (
            "ALTER DATABASE app CONNECTION LIMIT 20",
            "ALTER DATABASE app CONNECTION LIMIT -1",
            "accepted",
            "2 workers * 16 connections are 32, but the server accepts 20.",
        ),
    ],
)
def test_settings_of_postgresql_that_hurt_are_named(
    postgresql: servers.PostgreSQL,
    on_postgresql: Project,
    change: str,
    undo: str,
    check: str,
    says: str,
) -> None:
    assert wrong(on_postgresql) == {}
    postgresql.execute(change)
    found = wrong(on_postgresql)
    postgresql.execute(undo)
    assert list(found) == [check]
    assert says in found[check]


@pytest.mark.parametrize(
    ("variable", "value", "check", "says"),
    [
        ("wait_timeout", "60", "patient", "are idle for 60 seconds"),
        ("tx_isolation", "'READ-UNCOMMITTED'", "isolated", "begin with READ UNCOMM"),
        ("sql_mode", "''", "strict", "Add STRICT_TRANS_TABLES to sql_mode."),
        ("max_connections", "20", "accepted", "are 32, but the server accepts 20."),
    ],
)
def test_settings_of_mariadb_that_hurt_are_named(
    mariadb: servers.MariaDB,
    on_mariadb: Project,
    variable: str,
    value: str,
    check: str,
    says: str,
) -> None:
    assert wrong(on_mariadb) == {}
    ((before,),) = mariadb.execute(f"SELECT @@GLOBAL.{variable}")
    mariadb.execute(f"SET GLOBAL {variable} = {value}")
    found = wrong(on_mariadb)
    mariadb.execute(f"SET GLOBAL {variable} = {before!r}")
    assert list(found) == [check]
    assert says in found[check]


def test_a_table_that_cannot_hold_every_text_is_named(
    bake: Bake, mariadb: servers.MariaDB
) -> None:
    mariadb.execute("CREATE DATABASE narrow")
    project = migrated(bake, f"{mariadb.url.removesuffix('app')}narrow")
    mariadb.execute("ALTER TABLE narrow.students CONVERT TO CHARACTER SET latin1")
    assert "students (latin1_" in wrong(project)["wide"]


def test_a_connection_that_cannot_carry_every_text_is_named(
    on_mariadb: Project, mariadb: servers.MariaDB
) -> None:
    url = f"{mariadb.url}?charset=latin1"
    assert wrong(on_mariadb, DATABASE_URL=url)["spoken"].startswith("Connections carry")


def test_a_database_that_cannot_hold_every_text_is_named(
    bake: Bake, postgresql: servers.PostgreSQL
) -> None:
    narrow = "ENCODING 'LATIN1' TEMPLATE template0 LC_COLLATE 'C' LC_CTYPE 'C'"
    postgresql.execute(f"CREATE DATABASE narrow {narrow}")
    project = migrated(bake, f"{postgresql.url.removesuffix('app')}narrow")
    assert "narrow (LATIN1)" in wrong(project)["wide"]


@pytest.mark.parametrize("driver", ["psycopg", "psycopg2", "pg8000"])
def test_a_server_that_does_not_encrypt_is_named(
    bake: Bake, postgresql: servers.PostgreSQL, driver: str
) -> None:
    url = postgresql.url.replace("://", f"+{driver}://")
    project = bake(database_url=f"{url}?sslmode=require")
    assert "cannot be encrypted" in wrong(project)["reached"]


@pytest.mark.parametrize("driver", ["pymysql", "mysqldb", "mysqlconnector"])
@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"query": {"ssl_mode": "REQUIRED"}}, "cannot be encrypted"),
        ({"password": "wrong-one"}, "app or the password is wrong."),
        ({"database": "nothing"}, "There is no database nothing for app."),
        ({"port": 1}, "Nothing listens at 127.0.0.1, port 1."),
        ({"host": "nowhere.invalid"}, "No server has the name nowhere.invalid."),
    ],
)
def test_the_part_of_a_url_is_named_whatever_the_driver(
    bake: Bake,
    mariadb: servers.MariaDB,
    driver: str,
    change: "dict[str, object]",
    says: str,
) -> None:
    if driver == "mysqldb":
        needs.package("MySQLdb")

    url = make_url(mariadb.url.replace("://", f"+{driver}://"))
    project = bake(database_url=url.render_as_string(hide_password=False))
    bad = url.set(**change).render_as_string(hide_password=False)  # type: ignore[arg-type]
    found = wrong(project, DATABASE_URL=bad)
    assert says in found["reached"]
    assert "wrong-one" not in str(found)


def test_a_driver_that_stops_all_greenlets_is_named(
    bake: Bake, request: pytest.FixtureRequest
) -> None:
    needs.package("MySQLdb")
    url = url_of("MariaDB", request).replace("://", "+mysqldb://")
    project = migrated(bake, url)
    assert wrong(project) == {}
    with (project.path / "gunicorn.conf.py").open("a") as file:
        file.write('worker_class = "gevent"\n')

    assert wrong(project)["yields"].endswith("or use another driver.")
