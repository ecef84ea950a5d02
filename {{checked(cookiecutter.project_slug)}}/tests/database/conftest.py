"""What tests of the machinery have in place of the fixtures for all tests."""

from collections.abc import Iterator

import pytest
from flask import Flask
from helpers import config_for_tests
from helpers import dispose

from my_flask_app.app import create_app


@pytest.fixture
def app(migrated_database: str) -> Iterator[Flask]:
    """Return an application that commits, and leaves it to the test to clean up."""
    app = create_app(config_for_tests(migrated_database))
    yield app
    dispose(app)
