"""Settings of Flask-SQLAlchemy have their effect, or are refused."""

import logging

import pytest
from flask import Flask
from helpers import config_for_tests
from helpers import dispose
from sqlalchemy import text

from my_flask_app.app import create_app
from my_flask_app.database import db


def test_a_second_database_is_refused(migrated_database: str) -> None:
    app = Flask("other")
    app.config.from_mapping(config_for_tests(migrated_database))
    app.config["SQLALCHEMY_BINDS"] = {"second": migrated_database}
    with pytest.raises(
        ValueError, match="must not be set, as sessions use one database"
    ):
        db.init_app(app)


def test_statements_are_logged_if_the_settings_say_so(
    migrated_database: str, caplog: pytest.LogCaptureFixture
) -> None:
    config = config_for_tests(migrated_database) | {"SQLALCHEMY_ECHO": True}
    app = create_app(config)
    with caplog.at_level(logging.INFO), app.app_context():
        db.session.execute(text("SELECT 42 AS noticed"))

    dispose(app)
    assert "SELECT 42 AS noticed" in caplog.text
