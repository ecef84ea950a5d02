from collections.abc import Iterator
from pathlib import Path

import pytest
from databases import make_empty_database
from flask import Flask
from flask.testing import FlaskClient
from helpers import config_for_tests
from helpers import dispose

from my_flask_app.app import create_app
from my_flask_app.database import db


@pytest.fixture(scope="session")
def migrated_database(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Return the URL of a database that has been brought up to date."""
    folder: Path = tmp_path_factory.mktemp("database")
    url = make_empty_database(folder)
    app = create_app(config_for_tests(url))
    result = app.test_cli_runner().invoke(args=["db", "upgrade"])
    assert result.exit_code == 0, result.output
    dispose(app)
    return url


@pytest.fixture
def app(migrated_database: str) -> Iterator[Flask]:
    app = create_app(config_for_tests(migrated_database))
    yield app
    dispose(app)


@pytest.fixture
def client(app: Flask) -> Iterator[FlaskClient]:
    """Return a client whose requests change nothing once the test is over.

    Their sessions join a transaction of the test, which is rolled back. A commit
    only releases a savepoint in it.
    """
    with app.app_context():
        engine = db.engine

    sessions = db.session.session_factory
    with engine.connect() as connection, connection.begin() as transaction:
        sessions.configure(bind=connection, join_transaction_mode="create_savepoint")
        yield app.test_client()
        sessions.configure(bind=None, join_transaction_mode="conditional_savepoint")
        transaction.rollback()
