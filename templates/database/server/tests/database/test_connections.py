"""A connection that died costs no request; a server that is down, no application."""

import os
import socket
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from contextlib import suppress
from typing import Any

import pytest
from flask import abort
from flask import Flask
from flask.testing import FlaskClient
from helpers import config_for_tests
from helpers import dispose
from sqlalchemy import literal
from sqlalchemy import make_url
from sqlalchemy import select
from sqlalchemy import text
from sqlalchemy import union_all
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import PendingRollbackError
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from my_flask_app.app import create_app
from my_flask_app.database import db
from my_flask_app.database import dialect
from my_flask_app.database import driver
from my_flask_app.database.connections import create_engine
from my_flask_app.database.connections import engine_options
from my_flask_app.database.failures import is_temporary
from my_flask_app.database.transactions import run_transaction

CHANGE = "{{ database().dialect.sql.change }}"
CONNECTION_ID = "{{ database().dialect.sql.connection_id }}"
CONNECTION_IDS = "{{ database().dialect.sql.connection_ids }}"
KILL = "{{ database().dialect.sql.kill }}"


@pytest.fixture
def prober(app: Flask) -> FlaskClient:
    """Return a client for a page that tells which connection it used."""

    @app.get("/probe")
    def probe() -> str:
        return str(db.session.scalar(text(CONNECTION_ID)))

    return app.test_client()


def kill(app: Flask, connection_id: str) -> None:
    """End a connection at the server, and wait until it is gone."""
    url = app.config["SQLALCHEMY_DATABASE_URI"]
    engine = create_engine(url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(KILL.format(connection_id)))
        deadline = time.monotonic() + 10
        while connection_id in map(str, connection.scalars(text(CONNECTION_IDS))):
            assert time.monotonic() < deadline
            time.sleep(0.01)

    engine.dispose()
    time.sleep(0.1)  # Its socket is closed a moment later.


def test_a_healthy_connection_is_used_again(prober: FlaskClient) -> None:
    assert prober.get("/probe").text == prober.get("/probe").text


def test_a_connection_that_the_server_ended_is_replaced(
    app: Flask, prober: FlaskClient
) -> None:
    killed = prober.get("/probe").text
    kill(app, killed)
    response = prober.get("/probe")
    assert response.status_code == 200
    assert response.text != killed


@pytest.mark.parametrize("status", [200, 404, 500])
def test_a_connection_that_dies_after_its_last_use_costs_no_answer(
    app: Flask, status: int
) -> None:
    app.config["PROPAGATE_EXCEPTIONS"] = False

    @app.get("/finish")
    def finish() -> str:
        kill(app, str(db.session.scalar(text(CONNECTION_ID))))
        if status != 200:
            abort(status)

        return "finished"

    assert app.test_client().get("/finish").status_code == status


@pytest.mark.parametrize("method", ["rollback", "close"])
@pytest.mark.parametrize("is_noticed", [True, False])
def test_a_session_whose_connection_died_goes_on_with_another(
    app: Flask, method: str, is_noticed: bool
) -> None:
    with app.app_context():
        killed = db.session.scalar(text(CONNECTION_ID))
        kill(app, str(killed))
        if is_noticed:
            with pytest.raises(DBAPIError):
                db.session.scalar(text(CONNECTION_ID))

        getattr(db.session, method)()
        assert db.session.scalar(text(CONNECTION_ID)) != killed


@pytest.mark.parametrize(
    ("seconds", "is_used_again"),
    [(120, True), (181, False), (-60, False)],
    ids=["two minutes", "three minutes", "the clock was set back"],
)
def test_a_connection_that_was_idle_for_three_minutes_is_replaced(
    prober: FlaskClient,
    monkeypatch: pytest.MonkeyPatch,
    seconds: float,
    is_used_again: bool,
) -> None:
    idle = prober.get("/probe").text
    now = time.time() + seconds
    monkeypatch.setattr(time, "time", lambda: now)
    assert (prober.get("/probe").text == idle) == is_used_again


def test_a_connection_that_dies_in_the_middle_of_a_request_is_503(app: Flask) -> None:
    app.config["PROPAGATE_EXCEPTIONS"] = False

    @app.get("/probe")
    def probe() -> str:
        kill(app, str(db.session.scalar(text(CONNECTION_ID))))
        return str(db.session.scalar(text(CONNECTION_ID)))

    assert app.test_client().get("/probe").status_code == 503


@pytest.mark.parametrize("code", sorted(dialect.BUSY | dialect.CONFLICTS, key=str))
def test_what_the_server_may_do_later_is_503(
    app: Flask, monkeypatch: pytest.MonkeyPatch, code: object
) -> None:
    app.config["PROPAGATE_EXCEPTIONS"] = False

    @app.get("/probe")
    def probe() -> str:
        monkeypatch.setattr(driver, "error_code", lambda error: code)
        return str(db.session.scalar(text("nonsense")))

    response = app.test_client().get("/probe")
    assert response.status_code == 503
    assert int(response.headers["Retry-After"]) > 0


def ask_nonsense() -> str:
    return str(db.session.scalar(text("nonsense")))


def go_on_after_an_error() -> str:
    raise PendingRollbackError


@pytest.mark.parametrize("view", [ask_nonsense, go_on_after_an_error])
def test_an_error_of_the_application_is_500(
    app: Flask, view: Callable[[], str]
) -> None:
    app.config["PROPAGATE_EXCEPTIONS"] = False
    app.add_url_rule("/probe", view_func=view)
    assert app.test_client().get("/probe").status_code == 500


def test_an_error_handler_of_the_application_goes_first(app: Flask) -> None:
    app.config["PROPAGATE_EXCEPTIONS"] = False

    @app.get("/probe")
    def probe() -> str:
        raise PoolTimeout

    @app.errorhandler(PoolTimeout)
    def page(error: PoolTimeout) -> str:
        return "handled"

    assert app.test_client().get("/probe").text == "handled"


def test_with_testing_the_error_itself_is_raised(app: Flask) -> None:
    @app.get("/probe")
    def probe() -> str:
        raise PoolTimeout

    with pytest.raises(PoolTimeout):
        app.test_client().get("/probe")


def test_a_transaction_whose_connection_is_lost_at_its_end_is_not_run_again(
    app: Flask,
) -> None:
    """Nobody knows whether it was committed."""
    calls = []

    def work() -> None:
        calls.append(1)
        kill(app, str(db.session.scalar(text(CONNECTION_ID))))

    with app.app_context(), pytest.raises(DBAPIError):
        run_transaction(work)

    assert len(calls) == 1


def test_what_the_url_says_goes_before_the_arguments_of_the_driver(
    migrated_database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(driver, "CONNECT_ARGS", {"probe": 1})
    url = make_url(migrated_database)
    assert engine_options(url, {})["connect_args"] == {"probe": 1}
    url = url.update_query_dict({"probe": "2"})
    assert engine_options(url, {})["connect_args"] == {}


def test_the_engine_has_the_options_that_the_driver_needs(
    migrated_database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(driver, "ENGINE_OPTIONS", {"pool_pre_ping": True})
    assert engine_options(make_url(migrated_database), {})["pool_pre_ping"]


def test_the_pool_is_as_large_as_the_environment_says(
    migrated_database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_POOL_SIZE", "3")
    app = create_app(config_for_tests(migrated_database))
    with app.app_context(), ExitStack() as stack:
        for _ in range(3):
            stack.enter_context(db.engine.connect())

        assert "Current Checked out connections: 3" in db.engine.pool.status()
        assert "Pool size: 3" in db.engine.pool.status()

    dispose(app)


def test_a_lost_connection_that_a_view_swallows_is_503(app: Flask) -> None:
    app.config["PROPAGATE_EXCEPTIONS"] = False

    @app.get("/probe")
    def probe() -> str:
        kill(app, str(db.session.scalar(text(CONNECTION_ID))))
        with suppress(DBAPIError):
            db.session.scalar(text(CONNECTION_ID))

        return str(db.session.scalar(text(CONNECTION_ID)))

    assert app.test_client().get("/probe").status_code == 503


class Together(Exception):
    """Like an ExceptionGroup, which Python has from 3.11 on."""

    exceptions = (PoolTimeout(), PoolTimeout())


class Mixed(Exception):
    exceptions = (PoolTimeout(), LookupError())


@pytest.mark.parametrize(("error", "status"), [(Together, 503), (Mixed, 500)])
def test_a_group_of_errors_is_503_if_all_of_them_are(
    app: Flask, error: type[Exception], status: int
) -> None:
    app.config["PROPAGATE_EXCEPTIONS"] = False

    @app.get("/probe")
    def probe() -> str:
        raise error

    assert app.test_client().get("/probe").status_code == status


def test_a_machine_that_slept_opens_new_connections(
    prober: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    idle = prober.get("/probe").text
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now + 3600)
    assert prober.get("/probe").text != idle


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")
def test_a_connection_of_another_process_is_replaced(
    prober: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """uWSGI forks without telling Python."""
    before = prober.get("/probe").text
    process = os.getpid() + 1
    monkeypatch.setattr(os, "getpid", lambda: process)
    assert prober.get("/probe").text != before


def test_more_requests_than_connections_wait_their_turn(migrated_database: str) -> None:
    options = {"SQLALCHEMY_ENGINE_OPTIONS": {"pool_size": 1}}
    app = create_app(config_for_tests(migrated_database) | options)

    @app.get("/probe")
    def probe() -> str:
        return str(db.session.scalar(text(CONNECTION_ID)))

    with ThreadPoolExecutor(5) as threads:
        requests = [threads.submit(app.test_client().get, "/probe") for _ in range(20)]

    assert len({request.result().text for request in requests}) == 1
    dispose(app)


def test_without_a_free_connection_in_time_it_is_503(migrated_database: str) -> None:
    options = {"SQLALCHEMY_ENGINE_OPTIONS": {"pool_size": 1, "pool_timeout": 0.05}}
    app = create_app(config_for_tests(migrated_database) | options)
    app.config["PROPAGATE_EXCEPTIONS"] = False

    @app.get("/probe")
    def probe() -> str:
        return str(db.session.scalar(text(CONNECTION_ID)))

    with app.app_context(), ThreadPoolExecutor(1) as threads:
        db.session.connection()
        response = threads.submit(app.test_client().get, "/probe").result()

    assert response.status_code == 503
    assert int(response.headers["Retry-After"]) > 0
    assert app.test_client().get("/probe").status_code == 200
    dispose(app)


def test_while_the_server_is_down_only_what_needs_it_is_503(
    migrated_database: str,
) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        url = (
            make_url(migrated_database)
            .difference_update_query(["host", "port", "unix_socket"])
            .set(host="127.0.0.1", port=unused.getsockname()[1])
        )
        app = create_app(
            config_for_tests(url.render_as_string(hide_password=False))
            | {"PROPAGATE_EXCEPTIONS": False}
        )

        @app.get("/probe")
        def probe() -> str:
            return str(db.session.scalar(text(CONNECTION_ID)))

        response = app.test_client().get("/probe")
        assert response.status_code == 503
        assert "<h1>Service Unavailable</h1>" in response.text
        assert app.test_client().get("/nowhere").status_code == 404


def test_no_thread_gets_the_results_of_another(app: Flask) -> None:
    def ask(number: int) -> bool:
        return connection.scalar(select(literal(number))) == number

    with app.app_context(), ThreadPoolExecutor(8) as threads:
        connection = db.session.connection()
        assert all(threads.map(ask, range(200)))


@pytest.mark.parametrize("options", [{}, {"no_parameters": True}])
def test_a_connection_that_was_changed_serves_no_other_request(
    app: Flask, prober: FlaskClient, options: dict[str, bool]
) -> None:
    @app.get("/change")
    def change() -> str:
        db.session.execute(text(CHANGE), execution_options=options)
        return str(db.session.scalar(text(CONNECTION_ID)))

    before = prober.get("/probe").text
    assert prober.get("/change").text == before
    assert prober.get("/probe").text != before


def test_a_connection_left_in_autocommit_serves_no_other_request(
    app: Flask, prober: FlaskClient
) -> None:
    def commit_by_itself() -> str:
        connection: Any = db.session.connection().connection.driver_connection
        before = driver.autocommit(connection)
        if before is None:
            db.session.execute(text("SET autocommit = 1"))
        elif callable(type(connection).__dict__.get("autocommit")):
            connection.autocommit(True)
        else:
            connection.rollback()
            connection.autocommit = True

        return ""

    app.add_url_rule("/change", view_func=commit_by_itself)
    before = prober.get("/probe").text
    prober.get("/change")
    assert prober.get("/probe").text != before


@pytest.mark.filterwarnings("ignore")  # Some drivers have one for it.
def test_a_result_that_is_read_too_late_fails_and_harms_no_other_request(
    app: Flask,
) -> None:
    rows = union_all(*(select(literal(number)) for number in range(20)))

    def read_too_late() -> int:
        with db.engine.connect() as connection:
            result = connection.execution_options(yield_per=2).execute(rows)

        assert db.session.scalar(select(literal(1))) == 1
        return len(result.all())

    with app.app_context():
        with suppress(SQLAlchemyError):
            assert read_too_late() == 20

        assert db.session.scalar(select(literal(1))) == 1
        db.session.commit()


def test_a_result_that_was_read_row_by_row_costs_no_connection(
    app: Flask, prober: FlaskClient
) -> None:
    @app.get("/rows")
    def rows() -> str:
        query = union_all(*(select(literal(number)) for number in range(20)))
        rows = db.session.execute(query, execution_options={"yield_per": 2})
        return str(len(rows.all()))

    before = prober.get("/probe").text
    assert prober.get("/rows").text == "20"
    assert prober.get("/probe").text == before


@pytest.mark.parametrize("orig", [Exception("made up"), "made up", None])
def test_an_error_that_a_test_has_made_up_is_not_the_servers_fault(orig: Any) -> None:
    assert not is_temporary(OperationalError("SELECT 1", {}, orig))
