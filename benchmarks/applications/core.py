"""SQLAlchemy Core in a bare Flask application."""

import os

from flask import Flask
from sqlalchemy import Column
from sqlalchemy import create_engine
from sqlalchemy import DateTime
from sqlalchemy import Integer
from sqlalchemy import MetaData
from sqlalchemy import select
from sqlalchemy import String
from sqlalchemy import Table

metadata = MetaData()
students = Table(
    "students",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("name", String(100), nullable=False),
    Column("email", String(254), nullable=False, unique=True),
    Column("created", DateTime(timezone=True), nullable=False),
)


def create_app() -> Flask:
    app = Flask(__name__)
    app.config["SECRET_KEY"] = os.environ["SECRET_KEY"]
    engine = create_engine(
        os.environ["DATABASE_URL"],
        pool_size=int(os.environ.get("DATABASE_POOL_SIZE", "8")),
        max_overflow=0,
    )

    @app.get("/students/<int:student_id>")
    def show(student_id: int) -> dict[str, object]:
        statement = select(students).where(students.c.id == student_id)
        with engine.connect() as connection:
            student = connection.execute(statement).one()

        return {"id": student.id, "name": student.name, "email": student.email}

    return app
