"""An application has one database."""

import pytest
from flask import Flask
from helpers import config_for_tests

from my_flask_app.database import db


def test_a_second_database_is_refused(migrated_database: str) -> None:
    app = Flask("other")
    app.config.from_mapping(config_for_tests(migrated_database))
    app.config["SQLALCHEMY_BINDS"] = {"second": migrated_database}
    with pytest.raises(
        ValueError, match="must not be set, as sessions use one database"
    ):
        db.init_app(app)
