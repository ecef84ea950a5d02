"""A connection is lent as it was at first, or not at all."""

import sqlite3
from collections.abc import Iterable
from collections.abc import Iterator
from contextlib import closing
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from helpers import config_for_tests
from helpers import dispose
from sqlalchemy import Engine
from sqlalchemy import event
from sqlalchemy import inspect
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from my_flask_app.app import create_app
from my_flask_app.database import db
from my_flask_app.database.connections import create_engine

ONE_CONNECTION = {"pool_size": 1, "max_overflow": 0, "pool_timeout": 0.05}

ROWS = text("SELECT changed FROM leftovers")
CHANGED = text("SELECT count(*) FROM leftovers WHERE changed")
CHANGE = text("UPDATE leftovers SET changed = 1")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Return a database with ten rows."""
    file = tmp_path / "leftovers.db"
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("CREATE TABLE leftovers (changed INTEGER)")
        connection.executemany("INSERT INTO leftovers VALUES (?)", [(0,)] * 10)
        connection.commit()

    return file


@pytest.fixture
def engine(file: Path) -> Iterator[Engine]:
    engine = create_engine(f"sqlite:///{file}", **ONE_CONNECTION)
    yield engine
    engine.dispose()


def driver_connection(engine: Engine) -> Any:
    with engine.connect() as connection:
        return connection.connection.driver_connection


@pytest.mark.parametrize(
    "statement",
    [
        "CREATE TEMPORARY TABLE leftovers (changed INTEGER)",
        "CREATE TABLE temp.leftovers (changed INTEGER)",
        "CREATE TEMP VIEW leftovers AS SELECT 1 AS changed",
        "CREATE TEMP TRIGGER t AFTER INSERT ON leftovers BEGIN SELECT 1; END",
        "ATTACH ':memory:' AS other",
        "DETACH attached",
        "PRAGMA query_only = ON",
        "pragma Query_Only(1)",
        "PRAGMA main.locking_mode = EXCLUSIVE",
        "PRAGMA foreign_keys = OFF",
        "PRAGMA case_sensitive_like = ON",
        "PRAGMA recursive_triggers = ON",
        "PRAGMA synchronous = OFF",
        "PRAGMA cache_size = 10",
        "/* for this request */ -- and no other\nPRAGMA temp_store = MEMORY",
    ],
)
def test_a_connection_that_a_statement_has_changed_is_not_lent_again(
    engine: Engine, statement: str
) -> None:
    @event.listens_for(engine, "connect")
    def attach(connection: sqlite3.Connection, _: object) -> None:
        connection.execute("ATTACH ':memory:' AS attached")

    with engine.connect() as connection:
        before = connection.connection.driver_connection
        connection.execution_options(isolation_level="AUTOCOMMIT")
        connection.execute(text(statement))

    assert driver_connection(engine) is not before


class Sum:
    def step(self, value: int) -> None:
        pass

    def finalize(self) -> int:
        return 0


CHANGES: dict[str, list[Any]] = {
    "execute": ["PRAGMA query_only = ON"],
    "executescript": ["SELECT 1; PRAGMA query_only = ON"],
    "create_function": ["lower", 1, str],
    "create_aggregate": ["sum", 1, Sum],
    "create_window_function": ["sum", 1, None],
    "create_collation": ["nocase", lambda one, other: 0],
    "set_authorizer": [None],
    "set_progress_handler": [lambda: 0, 1000],
    "set_trace_callback": [str],
    "enable_load_extension": [True],
    "load_extension": ["nowhere"],
    "setlimit": [1, 1000],  # SQLITE_LIMIT_SQL_LENGTH
    "setconfig": [1017, True],  # SQLITE_DBCONFIG_TRUSTED_SCHEMA
}

VALUES: dict[str, object] = {
    "row_factory": sqlite3.Row,
    "text_factory": bytes,
    "isolation_level": None,
    "autocommit": True,
}


def there(names: Iterable[str]) -> list[str]:
    """Return those that this version of Python has."""
    return [name for name in names if hasattr(sqlite3.Connection, name)]


@pytest.mark.parametrize("method", there(CHANGES))
def test_a_connection_that_a_method_has_changed_is_not_lent_again(
    engine: Engine, method: str
) -> None:
    with engine.connect() as connection:
        before: Any = connection.connection.driver_connection
        with suppress(sqlite3.Error):
            getattr(before, method)(*CHANGES[method])

    assert driver_connection(engine) is not before


@pytest.mark.parametrize("attribute", there(VALUES))
def test_a_connection_with_another_attribute_is_not_lent_again(
    engine: Engine, attribute: str
) -> None:
    with engine.connect() as connection:
        before = connection.connection.driver_connection
        setattr(before, attribute, VALUES[attribute])

    assert driver_connection(engine) is not before


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT 'PRAGMA query_only = ON; CREATE TEMP TABLE t (i INTEGER)'",
        "INSERT INTO leftovers VALUES (0)",
        "CREATE TABLE temporary (id INTEGER)",
        "ALTER TABLE leftovers ADD COLUMN other INTEGER",
        "PRAGMA journal_mode",
        "PRAGMA wal_checkpoint(TRUNCATE)",
    ],
)
def test_other_statements_cost_no_connection(engine: Engine, statement: str) -> None:
    before = driver_connection(engine)
    with engine.connect() as connection:
        connection.execution_options(isolation_level="AUTOCOMMIT")
        connection.execute(text(statement)).close()

    assert driver_connection(engine) is before


def test_looking_at_tables_costs_no_connection(engine: Engine) -> None:
    before = driver_connection(engine)
    with engine.connect() as connection:
        inspector = inspect(connection)
        inspector.get_columns("leftovers")
        inspector.get_foreign_keys("leftovers")
        inspector.get_indexes("leftovers")

    assert driver_connection(engine) is before


def test_what_the_application_sets_up_for_all_connections_is_there(
    engine: Engine,
) -> None:
    @event.listens_for(engine, "connect")
    def set_up(connection: sqlite3.Connection, _: object) -> None:
        connection.create_function("nine", 0, lambda: 9)
        connection.execute("PRAGMA cache_size = 99")
        connection.row_factory = sqlite3.Row

    before = driver_connection(engine)
    with engine.connect() as connection:
        assert connection.connection.driver_connection is before
        assert connection.scalar(text("SELECT nine()")) == 9
        assert connection.scalar(text("PRAGMA cache_size")) == 99


def test_an_authorizer_of_the_application_is_asked_as_well(engine: Engine) -> None:
    def refuse(action: int, *_: object) -> int:
        refused = sqlite3.SQLITE_UPDATE
        return sqlite3.SQLITE_DENY if action == refused else sqlite3.SQLITE_OK

    @event.listens_for(engine, "connect")
    def set_up(connection: sqlite3.Connection, _: object) -> None:
        connection.set_authorizer(refuse)

    with engine.connect() as connection:
        with pytest.raises(DBAPIError, match="not authorized"):
            connection.execute(CHANGE)

        before = connection.connection.driver_connection
        connection.execute(text("PRAGMA query_only = ON"))

    assert driver_connection(engine) is not before


def test_a_class_of_the_application_is_used(file: Path) -> None:
    class Mine(sqlite3.Connection):
        pass

    arguments = {"factory": Mine}
    engine = create_engine(f"sqlite:///{file}", connect_args=arguments)
    before = driver_connection(engine)
    assert isinstance(before, Mine)
    assert driver_connection(engine) is before
    engine.dispose()


# Results that were not read to their end.
kept: list[Any] = []


def keep_a_result() -> str:
    kept.append(db.session.execute(ROWS))
    return str(kept[-1].fetchone())


def keep_a_result_of_the_driver() -> str:
    connection: Any = db.session.connection().connection.driver_connection
    kept.append(connection.execute(str(ROWS)))
    return str(kept[-1].fetchone())


def change() -> str:
    db.session.execute(CHANGE)
    db.session.commit()
    return str(db.session.scalar(CHANGED))


@pytest.fixture
def app(file: Path) -> Iterator[Flask]:
    config = config_for_tests(f"sqlite:///{file}")
    app = create_app(config | {"SQLALCHEMY_ENGINE_OPTIONS": ONE_CONNECTION})
    app.add_url_rule("/change", view_func=change, methods=["POST"])
    yield app
    kept.clear()
    dispose(app)


@pytest.fixture(params=[keep_a_result, keep_a_result_of_the_driver])
def careless(request: pytest.FixtureRequest, app: Flask) -> None:
    """Ask for a page that leaves a result half read."""
    app.add_url_rule("/careless", view_func=request.param)
    assert app.test_client().get("/careless").text == "(0,)"


@pytest.mark.usefixtures("careless")
def test_a_result_shows_nothing_of_another_request(app: Flask) -> None:
    with app.app_context():
        db.session.execute(CHANGE)
        with pytest.raises((DBAPIError, sqlite3.Error)):
            kept[0].fetchall()

        db.session.rollback()


@pytest.mark.usefixtures("careless")
def test_a_result_keeps_nobody_from_writing(app: Flask, file: Path) -> None:
    with closing(sqlite3.connect(file)) as other:
        other.execute("INSERT INTO leftovers VALUES (0)")
        other.commit()

    assert app.test_client().post("/change").text == "11"


def test_a_stream_that_goes_on_without_its_context_fails(app: Flask) -> None:
    @app.get("/stream")
    def stream() -> Iterator[str]:
        rows = db.session.execute(ROWS, execution_options={"yield_per": 2})
        return (str(row) for row in rows)

    with pytest.raises(DBAPIError):
        app.test_client().get("/stream")


def test_a_result_that_was_read_costs_no_connection(engine: Engine) -> None:
    before = driver_connection(engine)
    with engine.connect() as connection:
        result = connection.execution_options(yield_per=2).execute(ROWS)
        rows = result.all()

    assert driver_connection(engine) is before
    assert len(rows) == 10
