"""What several cases use."""

from flask import Flask
from sqlalchemy import func
from sqlalchemy import select

from my_flask_app.database import Base
from my_flask_app.database import db


def count(app: Flask, model: type[Base]) -> int:
    with app.app_context():
        return db.session.scalar(select(func.count()).select_from(model)) or 0
