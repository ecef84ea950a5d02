"""Transactions take turns at the write lock, and readers never wait."""

import contextvars
import sqlite3
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest
from flask import Flask
from flask import g
from flask import request
from flask import Response
from flask import stream_with_context
from flask.ctx import AppContext
from helpers import config_for_tests
from helpers import dispose
from helpers import tables
from sqlalchemy import Connection
from sqlalchemy import Engine
from sqlalchemy import ForeignKey
from sqlalchemy import select
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import DeclarativeBase
from sqlalchemy.orm import Mapped
from sqlalchemy.orm import mapped_column

from my_flask_app.app import create_app
from my_flask_app.database import db
from my_flask_app.database import write_lock
from my_flask_app.database import writers
from my_flask_app.database.connections import create_engine

CLIENTS = 4


class Base(DeclarativeBase):
    pass


class Counter(Base):
    __tablename__ = "connection_test_counters"

    id: Mapped[int] = mapped_column(primary_key=True)
    value: Mapped[int] = mapped_column(default=0)


class Mark(Base):
    __tablename__ = "connection_test_marks"

    id: Mapped[int] = mapped_column(primary_key=True)
    counter_id: Mapped[int] = mapped_column(ForeignKey(Counter.id))


@pytest.fixture(autouse=True)
def counter(app: Flask) -> Iterator[None]:
    with tables(app, Base.metadata):
        with app.app_context():
            db.session.add(Counter(id=1))
            db.session.commit()

        yield


def count() -> str:
    counter = db.session.get_one(Counter, 1)
    value = counter.value
    time.sleep(0.005)
    counter.value = value + 1
    db.session.commit()
    return str(counter.value)


@pytest.fixture(autouse=True)
def pages(app: Flask) -> None:
    app.add_url_rule("/count", view_func=count, methods=["GET", "POST"])

    @app.get("/count-in-a-nested-context")
    def count_in_a_nested_context() -> str:
        with app.app_context():
            return count()

    @app.get("/count-in-a-thread")
    def count_in_a_thread() -> str:
        def work(context: AppContext) -> None:
            with context:
                count()

        # Nobody asks for its result.
        with ThreadPoolExecutor(1) as threads:
            threads.submit(work, app.app_context())

        return ""

    @app.get("/count-in-a-teardown-function")
    def ask_to_count() -> str:
        with app.app_context():
            g.asked_to_count = True

        return ""

    @app.teardown_appcontext
    def count_if_asked(error: BaseException | None) -> None:
        if g.get("asked_to_count"):
            count()

    @app.get("/count-after-the-view")
    def view() -> str:
        return ""

    @app.after_request
    def count_after_the_view(response: Response) -> Response:
        if request.path == "/count-after-the-view":
            count()

        return response

    @app.get("/value")
    def show_value() -> str:
        return str(db.session.get_one(Counter, 1).value)

    @app.get("/count-in-a-stream")
    def count_in_a_stream() -> Iterator[str]:
        def stream() -> Iterator[str]:
            db.session.connection(execution_options={"sqlite_begin": "IMMEDIATE"})
            yield count()

        return stream_with_context(stream())


def value(app: Flask) -> str:
    with app.app_context():
        return str(db.session.get_one(Counter, 1).value)


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/count"),
        ("GET", "/count"),
        ("GET", "/count-in-a-nested-context"),
        ("GET", "/count-in-a-thread"),
        ("GET", "/count-in-a-teardown-function"),
        ("GET", "/count-after-the-view"),
        ("GET", "/count-in-a-stream"),
    ],
)
def test_no_update_is_lost_and_nobody_is_refused(
    app: Flask, method: str, path: str
) -> None:
    def ask() -> list[int]:
        client = app.test_client()
        return [client.open(path, method=method).status_code for _ in range(2)]

    with ThreadPoolExecutor(CLIENTS) as threads:
        answers = [threads.submit(ask) for _ in range(CLIENTS)]

    assert [answer.result() for answer in answers] == [[200] * 2] * CLIENTS
    assert value(app) == str(CLIENTS * 2)


def test_a_thread_without_a_request_loses_no_update_either(app: Flask) -> None:
    def work() -> None:
        with app.app_context():
            count()

    with ThreadPoolExecutor(CLIENTS) as threads:
        for future in [threads.submit(work) for _ in range(CLIENTS)]:
            future.result()

    assert value(app) == str(CLIENTS)


def test_readers_do_not_wait_for_a_writer(app: Flask) -> None:
    with app.app_context():
        db.session.get_one(Counter, 1).value = 7
        db.session.flush()
        with ThreadPoolExecutor(1) as threads:
            request = threads.submit(app.test_client().get, "/value")
            assert request.result(timeout=5).text == "0"

        db.session.commit()

    assert value(app) == "7"


def test_contexts_inside_one_that_reads_do_not_wait_for_a_writer(app: Flask) -> None:
    @app.get("/nested")
    def nested() -> str:
        with app.app_context(), app.app_context():
            return str(db.session.get_one(Counter, 1).value)

    @app.get("/nested-in-a-stream")
    def nested_in_a_stream() -> Iterator[str]:
        return stream_with_context(nested() for _ in range(1))

    def ask() -> list[str]:
        client = app.test_client()
        return [client.get(path).text for path in ("/nested", "/nested-in-a-stream")]

    with app.app_context(), ThreadPoolExecutor(1) as threads:
        db.session.connection()
        assert threads.submit(ask).result(timeout=5) == ["0", "0"]


def test_a_nested_context_reads_while_the_outer_one_writes(app: Flask) -> None:
    with app.app_context():
        db.session.get_one(Counter, 1).value = 7
        db.session.flush()
        with app.app_context():
            assert db.session.get_one(Counter, 1).value == 0


@pytest.fixture
def other(tmp_path: Path) -> Iterator[Flask]:
    """Return an application with another database."""
    other = create_app(config_for_tests(f"sqlite:///{tmp_path / 'other.db'}"))
    with other.app_context():
        Base.metadata.create_all(db.engine)
        db.session.add(Counter(id=1))
        db.session.commit()

    yield other
    dispose(other)


def test_a_nested_context_reads_while_those_around_it_write_to_two_databases(
    app: Flask, other: Flask
) -> None:
    with app.app_context():
        db.session.get_one(Counter, 1).value = 7
        db.session.flush()
        with other.app_context():
            db.session.get_one(Counter, 1).value = 8
            db.session.flush()
            with app.app_context():
                assert db.session.get_one(Counter, 1).value == 0


def test_a_nested_context_writes_to_another_database(app: Flask, other: Flask) -> None:
    def count_in_the_other() -> None:
        with other.app_context():
            count()

    def count_in_both() -> None:
        with app.app_context():
            db.session.get_one(Counter, 1)
            count_in_the_other()
            count()

    with ThreadPoolExecutor(2 * CLIENTS) as threads:
        work = [count_in_both, count_in_the_other] * CLIENTS
        for future in [threads.submit(function) for function in work]:
            future.result()

    assert value(app) == str(CLIENTS)
    assert value(other) == str(2 * CLIENTS)


def test_a_transaction_that_waits_too_long_gets_an_error(
    app: Flask, tmp_path: Path
) -> None:
    engine = create_engine(f"sqlite:///{tmp_path / 'busy.db'}", pool_timeout=0.05)
    begun = threading.Event()
    done = threading.Event()

    def hold() -> None:
        with engine.begin():
            begun.set()
            done.wait(10)

    with ThreadPoolExecutor(1) as threads:
        threads.submit(hold)
        assert begun.wait(10)
        with pytest.raises(OperationalError, match="locked"), engine.begin():
            pass

        done.set()

    with engine.begin():
        pass

    engine.dispose()


@pytest.fixture
def impatient(
    migrated_database: str, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Flask]:
    """Return an application that hardly waits for its turn to write."""
    monkeypatch.setattr(write_lock, "INTERVAL", 0.01)
    options = {"pool_size": 1, "pool_timeout": 0.05}
    config = config_for_tests(migrated_database)
    app = create_app(config | {"SQLALCHEMY_ENGINE_OPTIONS": options})
    app.config["PROPAGATE_EXCEPTIONS"] = False
    yield app
    dispose(app)


@pytest.mark.parametrize("method", ["DELETE", "PATCH", "POST", "PUT"])
def test_a_request_that_waits_too_long_is_503_and_not_answered_again(
    impatient: Flask, method: str
) -> None:
    calls = []

    @impatient.route("/count", methods=[method])
    def view() -> str:
        calls.append(1)
        return count()

    client = impatient.test_client()
    with impatient.app_context(), ThreadPoolExecutor(1) as threads:
        db.session.connection()
        response = threads.submit(client.open, "/count", method=method).result()

    assert response.status_code == 503
    assert int(response.headers["Retry-After"]) > 0
    assert len(calls) == 1
    assert client.open("/count", method=method).status_code == 200


def test_a_request_for_which_there_is_no_connection_is_503(
    migrated_database: str,
) -> None:
    options = {"pool_size": 1, "max_overflow": 0, "pool_timeout": 0.05}
    config = config_for_tests(migrated_database) | {"TESTING": False}
    app = create_app(config | {"SQLALCHEMY_ENGINE_OPTIONS": options})

    @app.get("/read")
    def read() -> str:
        return str(db.session.scalar(text("SELECT 1")))

    with app.app_context(), ThreadPoolExecutor(1) as threads:
        db.session.connection()
        request = threads.submit(app.test_client().get, "/read")
        assert request.result().status_code == 503

    dispose(app)


def test_a_request_for_which_there_is_no_room_on_the_disk_is_503(app: Flask) -> None:
    app.testing = False

    @app.post("/fill")
    def fill() -> str:
        pages = db.session.scalar(text("PRAGMA page_count"))
        db.session.execute(text(f"PRAGMA max_page_count = {pages}"))
        db.session.execute(text("CREATE TABLE filled AS SELECT zeroblob(100000) AS it"))
        return ""

    assert app.test_client().post("/fill").status_code == 503
    with app.app_context():
        db.engine.dispose()


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS", "TRACE"])
def test_a_request_that_is_safe_reads_while_another_writes(
    impatient: Flask, method: str
) -> None:
    @impatient.route("/value", methods=[method], provide_automatic_options=False)
    def view() -> str:
        return str(db.session.get_one(Counter, 1).value)

    client = impatient.test_client()
    with impatient.app_context(), ThreadPoolExecutor(1) as threads:
        db.session.connection()
        response = threads.submit(client.open, "/value", method=method).result()

    assert response.status_code == 200


def test_a_safe_request_that_writes_too_late_is_answered_again(app: Flask) -> None:
    calls = []

    @app.errorhandler(Exception)
    def page(error: Exception) -> str:
        return "not answered again"

    @app.get("/late")
    def count_late() -> str:
        calls.append(1)
        counter = db.session.get_one(Counter, 1)
        if len(calls) == 1:
            with ThreadPoolExecutor(1) as threads:
                threads.submit(app.test_client().post, "/count").result()

        counter.value += 1
        db.session.commit()
        return "written"

    assert app.test_client().get("/late").text == "written"
    assert len(calls) == 2
    assert value(app) == "2"


def test_a_safe_request_that_fails_otherwise_is_not_answered_again(app: Flask) -> None:
    app.config["PROPAGATE_EXCEPTIONS"] = False
    calls = []

    @app.get("/fail")
    def fail() -> str:
        calls.append(1)
        raise RuntimeError

    assert app.test_client().get("/fail").status_code == 500
    assert len(calls) == 1


def test_a_request_that_has_written_takes_a_turn_for_its_next_transaction(
    impatient: Flask,
) -> None:
    impatient.add_url_rule("/count", view_func=count, methods=["POST"])
    with impatient.app_context(), ThreadPoolExecutor(1) as threads:
        with db.engine.connect() as connection:
            connection.execute(select(1))
            connection.commit()
            db.session.connection()
            response = threads.submit(impatient.test_client().post, "/count").result()

    assert response.status_code == 503


def test_a_thread_that_inherits_a_context_waits_for_its_turn(impatient: Flask) -> None:
    def work() -> None:
        with impatient.app_context():
            db.session.connection()

    with impatient.app_context(), ThreadPoolExecutor(1) as threads:
        db.session.connection()
        context = contextvars.copy_context()
        with pytest.raises(OperationalError, match="locked"):
            threads.submit(context.run, work).result()


def test_what_only_reads_need_not_wait_for_its_turn(impatient: Flask) -> None:
    def read() -> int:
        with impatient.app_context():
            db.session.connection(execution_options={"sqlite_begin": "DEFERRED"})
            return db.session.get_one(Counter, 1).value

    with impatient.app_context(), ThreadPoolExecutor(1) as threads:
        db.session.connection()
        assert threads.submit(read).result() == 0


def test_foreign_keys_are_enforced(app: Flask) -> None:
    with app.app_context():
        db.session.add(Mark(counter_id=2))
        with pytest.raises(IntegrityError):
            db.session.flush()


def test_a_request_that_only_reads_sees_one_state_of_the_database(app: Flask) -> None:
    @app.get("/twice")
    def twice() -> str:
        before = db.session.scalar(select(Counter.value))
        with ThreadPoolExecutor(1) as threads:
            threads.submit(app.test_client().post, "/count").result(timeout=5)

        return str(db.session.scalar(select(Counter.value)) == before)

    assert app.test_client().get("/twice").text == "True"


def test_a_shell_keeps_nobody_waiting_nor_does_a_context_inside_it(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writers, "LONG", 60)
    with app.app_context():
        app.make_shell_context()
        db.session.get_one(Counter, 1)
        with app.app_context(), ThreadPoolExecutor(1) as threads:
            db.session.get_one(Counter, 1)
            request = threads.submit(app.test_client().post, "/count")
            assert request.result(timeout=5).status_code == 200


def test_a_shell_writes_when_it_is_told(app: Flask) -> None:
    with app.app_context():
        app.make_shell_context()
        db.session.get_one(Counter, 1).value = 7
        db.session.commit()

    assert value(app) == "7"


def test_the_database_is_in_wal_mode(app: Flask) -> None:
    with app.app_context():
        assert db.session.scalar(text("PRAGMA journal_mode")) == "wal"


def test_the_first_connection_waits_for_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "other.db"
    engine = create_engine(f"sqlite:///{file}")
    with closing(sqlite3.connect(file)) as other:
        other.execute("BEGIN EXCLUSIVE")
        monkeypatch.setattr(time, "sleep", lambda seconds: other.rollback())
        engine.connect().close()

    engine.dispose()


def autocommit(engine: Engine) -> Connection:
    return engine.connect().execution_options(isolation_level="AUTOCOMMIT")


def test_what_is_written_without_a_transaction_is_stored(app: Flask) -> None:
    with app.app_context(), autocommit(db.engine) as connection:
        connection.execute(text("UPDATE connection_test_counters SET value = 7"))

    assert value(app) == "7"


@pytest.mark.parametrize("statement", ["VACUUM", "PRAGMA wal_checkpoint(TRUNCATE)"])
def test_what_cannot_be_in_a_transaction_can_be_executed(
    app: Flask, statement: str
) -> None:
    with app.app_context(), autocommit(db.engine) as connection:
        connection.execute(text(statement))


def test_a_statement_without_a_transaction_waits_for_its_turn(tmp_path: Path) -> None:
    file = tmp_path / "other.db"
    engine = create_engine(f"sqlite:///{file}")
    shared = sqlite3.connect(file, check_same_thread=False)
    with closing(shared) as other, autocommit(engine) as connection:
        other.execute("BEGIN IMMEDIATE")
        threading.Timer(0.05, other.rollback).start()
        connection.execute(text("CREATE TABLE t (i INTEGER)"))

    engine.dispose()


def test_arguments_for_the_driver_do_not_bring_back_its_way_to_wait(
    tmp_path: Path,
) -> None:
    arguments = {"detect_types": 0}
    url = f"sqlite:///{tmp_path / 'other.db'}"
    engine = create_engine(url, connect_args=arguments)
    with engine.connect() as connection:
        assert connection.exec_driver_sql("PRAGMA busy_timeout").scalar() == 0

    engine.dispose()
