"""What several cases use."""

from importlib.util import find_spec

from flask import Flask
from sqlalchemy import func
from sqlalchemy import select

from my_flask_app.database import Base
from my_flask_app.database import db

# Whether the project is served by greenlets, and gevent has patched this process.
GREENLETS = find_spec("my_flask_app.greenlets") is not None


def count(app: Flask, model: type[Base]) -> int:
    with app.app_context():
        return db.session.scalar(select(func.count()).select_from(model)) or 0
