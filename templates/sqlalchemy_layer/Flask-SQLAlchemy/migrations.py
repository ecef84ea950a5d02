"""The commands ``flask db``, which bring the database up to date."""

from pathlib import Path

from flask import Flask
from flask_migrate import Migrate

from ..database import db

migrate = Migrate(directory=str(Path(__file__).parent))


def init_app(app: Flask) -> None:
    migrate.init_app(app, db)
