"""Every request and command has a session of its own, whatever was pushed before."""

import contextvars
import gc
import threading
import time
from collections.abc import Callable
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from flask import Flask
from flask import stream_with_context
from helpers import connections_in_use

from my_flask_app.database import db


def test_a_request_inside_a_pushed_context_has_its_own_session(app: Flask) -> None:
    seen = []

    @app.get("/probe")
    def probe() -> str:
        seen.append(db.session())
        db.session.connection()
        return ""

    with app.app_context():
        outer = db.session()
        app.test_client().get("/probe")
        assert seen != [outer]
        assert db.session() is outer
        assert connections_in_use(app) == 0


def test_a_stream_inside_a_pushed_context_leaves_that_as_it_was(app: Flask) -> None:
    @app.get("/probe")
    def probe() -> Iterator[str]:
        def stream() -> Iterator[str]:
            db.session.connection()
            yield "1"
            yield "2"

        return stream_with_context(stream())

    with app.app_context():
        outer = db.session()
        assert app.test_client().get("/probe").text == "12"
        assert db.session() is outer
        assert connections_in_use(app) == 0


def test_a_command_inside_a_pushed_context_has_its_own_session(app: Flask) -> None:
    seen = []
    errors: list[BaseException | None] = []
    app.teardown_appcontext(errors.append)

    @app.cli.command("probe")
    def probe() -> None:
        seen.append(db.session())

    with app.app_context():
        outer = db.session()
        assert app.test_cli_runner().invoke(args=["probe"]).exit_code == 0
        assert seen != [outer]
        assert db.session() is outer

    assert errors == [None, None]


def test_a_thread_that_inherits_a_context_shares_its_session(app: Flask) -> None:
    with app.app_context(), ThreadPoolExecutor(1) as threads:
        context = contextvars.copy_context()
        assert threads.submit(context.run, db.session).result() is db.session()


def push_and_forget(app: Flask) -> None:
    app.app_context().push()
    db.session.connection()


def use_after_its_end(app: Flask) -> None:
    with app.app_context():
        context = contextvars.copy_context()

    context.run(db.session.connection)


@pytest.mark.parametrize("work", [push_and_forget, use_after_its_end])
def test_a_thread_that_ends_no_context_leaves_no_connection_behind(
    app: Flask, work: Callable[[Flask], None]
) -> None:
    thread = threading.Thread(target=work, args=(app,))
    thread.start()
    thread.join()
    # Others may keep a thread for a moment that has just ended, such as gevent.
    time.sleep(0.05)
    # The first finds the context, the second its session.
    gc.collect()
    gc.collect()
    assert connections_in_use(app) == 0
