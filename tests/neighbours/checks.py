"""What holds after each case. In a project, this is a ``conftest.py``."""

from collections.abc import Iterator

import pytest
from flask import Flask

from my_flask_app.app import create_app
from my_flask_app.database import Base
from my_flask_app.database import db


@pytest.fixture
def settings() -> dict[str, object]:
    """Return what a case adds to the settings of the project."""
    return {}


@pytest.fixture
def app(settings: dict[str, object]) -> Iterator[Flask]:
    app = create_app({"TESTING": True, "WTF_CSRF_ENABLED": False} | settings)
    with app.app_context():
        engine = db.engine

    Base.metadata.create_all(engine)
    yield app
    # No connection is left checked out, and no session open.
    assert engine.pool.checkedout() == 0
    assert not db.session.registry.registry
    with engine.begin() as connection:
        for table in reversed(Base.metadata.sorted_tables):
            connection.execute(table.delete())

    engine.dispose()
