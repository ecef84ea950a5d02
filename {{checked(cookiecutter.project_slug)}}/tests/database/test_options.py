"""Options of an engine that are given go first, and ours stay beside them."""

import pytest
from helpers import config_for_tests
from helpers import dispose
from sqlalchemy.pool import NullPool

from my_flask_app.app import create_app
from my_flask_app.database import db
from my_flask_app.database.options import merged


def test_what_is_given_goes_first() -> None:
    options = merged({"pool_size": 8, "echo": True}, {"pool_size": 2})
    assert options == {"pool_size": 2, "echo": True}


@pytest.mark.parametrize("name", ["connect_args", "execution_options"])
def test_options_of_the_driver_and_of_statements_are_put_together(name: str) -> None:
    options = merged({name: {"timeout": 0, "factory": None}}, {name: {"timeout": 5}})
    assert options[name] == {"timeout": 5, "factory": None}


def test_an_option_may_be_none() -> None:
    ours = {"pool_size": 8, "connect_args": {"timeout": 0}}
    assert merged(ours, {"poolclass": None, "connect_args": None}) == {
        "pool_size": 8,
        "poolclass": None,
        "connect_args": {"timeout": 0},
    }
    assert merged({}, {"execution_options": None}) == {"execution_options": {}}


def test_a_pool_that_is_no_queue_can_be_used(migrated_database: str) -> None:
    options = {"SQLALCHEMY_ENGINE_OPTIONS": {"poolclass": NullPool}}
    app = create_app(config_for_tests(migrated_database) | options)
    with app.app_context():
        assert isinstance(db.engine.pool, NullPool)
        db.session.connection()

    dispose(app)
