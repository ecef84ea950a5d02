"""A thread that holds a connection does not wait behind those that hold none."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

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
    options = {"pool_size": 1, "pool_timeout": 0.05}
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


def test_a_thread_that_holds_no_connection_waits_its_turn(app: Flask) -> None:
    def work() -> None:
        with app.app_context(), pytest.raises(PoolTimeout):
            db.session.connection()

    with app.app_context(), ThreadPoolExecutor() as threads:
        db.session.connection()
        with app.app_context():
            db.session.connection()

        threads.submit(work).result()


def test_no_more_connections_stay_open_than_the_pool_may_have(app: Flask) -> None:
    closed: list[object] = []
    with app.app_context():
        event.listen(db.engine, "close", lambda *it: closed.append(it))
        db.session.connection()
        with app.app_context():
            db.session.connection()

        assert len(closed) == 1

    assert len(closed) == 1
