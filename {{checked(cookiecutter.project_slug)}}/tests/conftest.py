"""The fixtures of all tests; ``docs/testing.md`` has an example of each."""

import gc
import os
from collections.abc import Iterator

import pytest
from databases import TestDatabase
from flask import Flask
from flask.testing import FlaskClient
from flask.testing import FlaskCliRunner
from helpers import config_for_tests
from helpers import dispose
from helpers import end
from helpers import undone

from my_flask_app.app import create_app


def pytest_collection_finish() -> None:
    """Keep what was there before the tests out of each garbage collection."""
    gc.collect()
    gc.freeze()


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """Return how many processes run the tests, as far as each can have a database."""
    return min(4, os.cpu_count() or 1) if TestDatabase.is_for_each_process() else 0


@pytest.fixture(scope="session")
def database(request: pytest.FixtureRequest) -> Iterator[TestDatabase]:
    """Return the database of this process, which is made anew where it has to be."""
    database = TestDatabase(request)
    yield database
    database.drop()


@pytest.fixture
def migrated_database(database: TestDatabase, request: pytest.FixtureRequest) -> str:
    """Return the URL of the database, as migrations leave it."""
    if not database.is_migrated:
        app = create_app(config_for_tests(database.make_anew()))
        result = app.test_cli_runner().invoke(args=["db", "upgrade"])
        dispose(app)
        if result.exit_code:
            reason = result.output or repr(result.exception)
            end(request.session, f"`flask db upgrade` has failed: {reason}")

        database.is_migrated = True

    return database.url


@pytest.fixture
def app(migrated_database: str, database: TestDatabase) -> Iterator[Flask]:
    """Return an application that changes nothing once the test is over.

    The sessions of its requests, commands and contexts join a transaction of the test,
    which is rolled back. A commit only releases a savepoint in it. What was committed
    in another way is an error at the end of the test.
    """
    app = create_app(config_for_tests(migrated_database))
    try:
        with undone(app):
            yield app
    except BaseException:
        database.is_migrated = False
        raise
    finally:
        dispose(app)


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """Return a client for requests."""
    return app.test_client()


@pytest.fixture
def runner(app: Flask) -> FlaskCliRunner:
    """Return a runner for commands."""
    return app.test_cli_runner()


@pytest.fixture
def committing_app(migrated_database: str, database: TestDatabase) -> Iterator[Flask]:
    """Return an application that commits; the next test gets a new database."""
    database.is_migrated = False
    app = create_app(config_for_tests(migrated_database))
    yield app
    dispose(app)


@pytest.fixture
def unmigrated_app(database: TestDatabase) -> Iterator[Flask]:
    """Return an application whose database has nothing in it, for migrations."""
    app = create_app(config_for_tests(database.make_anew()))
    yield app
    dispose(app)
