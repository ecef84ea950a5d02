"""Settings of Flask-SQLAlchemy that would have no effect are refused."""

import pytest
from flask import Flask
from helpers import config_for_tests
from helpers import dispose

from my_flask_app.app import create_app
from my_flask_app.database import db


@pytest.mark.parametrize("name", ["RECORD_QUERIES", "TRACK_MODIFICATIONS"])
def test_a_setting_without_an_effect_is_refused(
    migrated_database: str, name: str
) -> None:
    app = Flask("other")
    app.config.from_mapping(config_for_tests(migrated_database))
    app.config[f"SQLALCHEMY_{name}"] = True
    with pytest.raises(
        ValueError, match=f"SQLALCHEMY_{name} must not be set, .*; listen"
    ):
        db.init_app(app)


def test_a_setting_that_asks_for_nothing_is_not(migrated_database: str) -> None:
    config = config_for_tests(migrated_database)
    app = create_app(config | {"SQLALCHEMY_TRACK_MODIFICATIONS": False})
    dispose(app)
