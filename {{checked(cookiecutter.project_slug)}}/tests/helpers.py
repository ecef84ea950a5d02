"""What several tests use."""

from collections.abc import Iterator
from contextlib import contextmanager

from flask import Flask
from sqlalchemy import MetaData
from sqlalchemy.orm import close_all_sessions
from sqlalchemy.pool import QueuePool

from my_flask_app.database import db


def config_for_tests(url: str) -> dict[str, object]:
    return {"SECRET_KEY": "test", "SQLALCHEMY_DATABASE_URI": url, "TESTING": True}


def connections_in_use(app: Flask) -> int:
    with app.app_context():
        pool = db.engine.pool

    assert isinstance(pool, QueuePool)
    return pool.checkedout()


@contextmanager
def tables(app: Flask, metadata: MetaData) -> Iterator[None]:
    """Have tables in the database, which are empty at first, and drop them at last."""
    with app.app_context():
        engine = db.engine

    metadata.drop_all(engine)
    metadata.create_all(engine)
    yield
    close_all_sessions()  # Or one that a test left open would wait forever.
    metadata.drop_all(engine)


def dispose(app: Flask) -> None:
    with app.app_context():
        db.engine.dispose()
