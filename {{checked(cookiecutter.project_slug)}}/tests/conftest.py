from collections.abc import Iterator
from pathlib import Path

import pytest
from databases import make_empty_database
from flask import Flask
from flask.testing import FlaskClient
from helpers import config_for_tests
from helpers import dispose
from helpers import undone

from my_flask_app.app import create_app


@pytest.fixture(scope="session")
def migrated_database(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Return the URL of a database that has been brought up to date."""
    folder: Path = tmp_path_factory.mktemp("database")
    url = make_empty_database(folder)
    app = create_app(config_for_tests(url))
    result = app.test_cli_runner().invoke(args=["db", "upgrade"])
    if result.exit_code:
        pytest.exit(f"`flask db upgrade` has failed: {result.output}", 1)

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
    only releases a savepoint in it. A statement that commits by itself, as ``CREATE
    TABLE`` does on MySQL, is an error at the end of the test.
    """
    with undone(app):
        yield app.test_client()
