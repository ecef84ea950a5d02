"""Flask-SQLAlchemy as it comes, in a bare Flask application."""

import os
from datetime import datetime

from flask import Flask
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import DateTime
from sqlalchemy import String
from sqlalchemy.orm import DeclarativeBase
from sqlalchemy.orm import Mapped
from sqlalchemy.orm import mapped_column

from benchmarks.applications.pages import add_pages


class Base(DeclarativeBase):
    pass


db = SQLAlchemy(model_class=Base)


class Student(Base):
    __tablename__ = "students"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(100))
    email: Mapped[str] = mapped_column(String(254), unique=True)
    created: Mapped[datetime] = mapped_column(DateTime(timezone=True))


def create_app(**options: object) -> Flask:
    """Return a new application.

    :param options: more of what :func:`sqlalchemy.create_engine` takes.
    """
    app = Flask(__name__)
    app.config["SECRET_KEY"] = os.environ["SECRET_KEY"]
    app.config["SQLALCHEMY_DATABASE_URI"] = os.environ["DATABASE_URL"]
    app.config["SQLALCHEMY_ENGINE_OPTIONS"] = {
        "pool_size": int(os.environ.get("DATABASE_POOL_SIZE", "8")),
        "max_overflow": 0,
    } | options
    db.init_app(app)

    add_pages(app, db, Student)
    return app
