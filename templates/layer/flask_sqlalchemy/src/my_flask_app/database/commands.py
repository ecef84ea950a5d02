"""The commands ``flask db``, which bring the database up to date.

Tested in ``tests/database/test_migrations.py``.
"""

from pathlib import Path

from flask import Flask
from flask_migrate import Migrate
from flask_sqlalchemy import SQLAlchemy

migrate = Migrate(directory=str(Path(__file__).parents[1] / "migrations"))


def init_app(app: Flask, db: SQLAlchemy) -> None:
    migrate.init_app(app, db)
