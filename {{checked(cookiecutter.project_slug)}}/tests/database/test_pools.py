"""Code that holds a connection does not wait behind code that holds none."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from typing import Any

import pytest
from flask import Flask
from helpers import config_for_tests
from helpers import dispose
from sqlalchemy import event
from sqlalchemy.exc import TimeoutError as PoolTimeout

from my_flask_app.app import create_app
from my_flask_app.database import db


@pytest.fixture
def app(migrated_database: str) -> Iterator[Flask]:
    options = {"pool_size": 1, "max_overflow": 0, "pool_timeout": 0.05}
    app = create_app(
        config_for_tests(migrated_database) | {"SQLALCHEMY_ENGINE_OPTIONS": options}
    )
    yield app
    dispose(app)


def test_a_nested_context_gets_a_connection_when_the_pool_is_exhausted(
    app: Flask,
) -> None:
    for _ in range(2):
        with app.app_context():
            db.session.connection()
            with app.app_context():
                db.session.connection()
                with app.app_context():
                    db.session.connection()


def connect(app: Flask) -> None:
    with app.app_context(), db.engine.connect():
        pass


def test_a_nested_context_in_a_thread_that_inherits_gets_one_too(app: Flask) -> None:
    with app.app_context(), ThreadPoolExecutor() as threads:
        db.session.connection()
        threads.submit(copy_context().run, connect, app).result()


def test_a_thread_that_holds_no_connection_waits_its_turn(app: Flask) -> None:
    with app.app_context(), ThreadPoolExecutor() as threads:
        db.session.connection()
        with app.app_context():
            db.session.connection()
        with pytest.raises(PoolTimeout):
            threads.submit(connect, app).result()


def test_threads_that_inherit_from_one_that_held_a_connection_wait_for_each_other(
    app: Flask,
) -> None:
    connect(app)
    first, second = copy_context(), copy_context()
    context = app.app_context()
    first.run(context.push)
    first.run(db.session.connection)
    with pytest.raises(PoolTimeout):
        second.run(connect, app)

    first.run(context.pop, None)


def test_a_new_thread_waits_for_a_connection_of_one_that_has_ended(app: Flask) -> None:
    with app.app_context():
        with ThreadPoolExecutor() as threads:
            threads.submit(copy_context().run, db.session.connection).result()
        with ThreadPoolExecutor() as threads, pytest.raises(PoolTimeout):
            threads.submit(connect, app).result()


def test_a_connection_comes_back_although_nobody_noted_who_has_it(app: Flask) -> None:
    with app.app_context():
        pool: Any = db.engine.pool
        db.session.connection()
        # An exception that a signal handler raises may come at any moment.
        pool.holders.clear()

    assert pool.checkedout() == 0


def test_no_more_connections_stay_open_than_the_pool_may_have(app: Flask) -> None:
    closed: list[object] = []
    with app.app_context():
        event.listen(db.engine, "close", lambda *it: closed.append(it))
        db.session.connection()
        with app.app_context():
            db.session.connection()

        assert len(closed) == 1

    assert len(closed) == 1
