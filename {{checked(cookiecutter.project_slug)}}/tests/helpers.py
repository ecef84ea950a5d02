"""What several tests use."""

from flask import Flask
from sqlalchemy.pool import QueuePool

from my_flask_app.database import db


def config_for_tests(url: str) -> dict[str, object]:
    return {"SECRET_KEY": "test", "SQLALCHEMY_DATABASE_URI": url, "TESTING": True}


def connections_in_use(app: Flask) -> int:
    with app.app_context():
        pool = db.engine.pool

    assert isinstance(pool, QueuePool)
    return pool.checkedout()


def dispose(app: Flask) -> None:
    with app.app_context():
        db.engine.dispose()
