"""Flask-RESTX: resources that read, write, and fail."""

from typing import Any

import flask_restx
import pytest
from flask import Flask
from sqlalchemy import String
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Mapped
from sqlalchemy.orm import mapped_column

from my_flask_app.database import Base
from my_flask_app.database import db


class Task(Base):
    __tablename__ = "tasks"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(50), unique=True)


@pytest.fixture(autouse=True)
def api(app: Flask) -> None:
    app.config["PROPAGATE_EXCEPTIONS"] = False
    api = flask_restx.Api(app, prefix="/api", doc=False)
    fields = api.model(
        "Task", {"id": flask_restx.fields.Integer, "name": flask_restx.fields.String}
    )

    @api.errorhandler(IntegrityError)
    def refuse(error: IntegrityError) -> tuple[dict[str, object], int]:
        return {"tasks": db.session.query(Task).count()}, 409

    @api.route("/tasks/<name>")
    class Tasks(flask_restx.Resource):  # type: ignore[misc]
        @api.marshal_with(fields)
        def put(self, name: str) -> Any:
            task = Task(name=name)
            db.session.add(task)
            db.session.commit()
            return task, 201

        @api.marshal_with(fields)
        def get(self, name: str) -> Any:
            return db.session.query(Task).filter_by(name=name).one()

        def delete(self, name: str) -> None:
            db.session.query(Task).filter_by(name=name).delete()
            raise RuntimeError("before the commit")


def test_resources_read_and_write(app: Flask) -> None:
    client = app.test_client()
    task = client.put("/api/tasks/wash").get_json()
    assert client.get("/api/tasks/wash").get_json() == task


def test_after_an_error_the_session_can_be_used(app: Flask) -> None:
    client = app.test_client()
    client.put("/api/tasks/wash")
    answer = client.put("/api/tasks/wash")
    assert answer.status_code == 409
    assert answer.get_json()["tasks"] == 1


def test_what_fails_is_not_stored(app: Flask) -> None:
    client = app.test_client()
    client.put("/api/tasks/wash")
    assert client.delete("/api/tasks/wash").status_code == 500
    assert client.get("/api/tasks/wash").status_code == 200
