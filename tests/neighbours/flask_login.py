"""Flask-Login: its user is loaded by ``db.session``."""

from typing import Any

import flask_login
import pytest
from flask import abort
from flask import Flask
from flask import request
from sqlalchemy import select
from sqlalchemy import String
from sqlalchemy.orm import Mapped
from sqlalchemy.orm import mapped_column

from my_flask_app.database import Base
from my_flask_app.database import db


class Visitor(flask_login.UserMixin, Base):
    __tablename__ = "visitors"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(50))
    visits: Mapped[int] = mapped_column(default=0)


@pytest.fixture(autouse=True)
def visitor(app: Flask) -> None:
    logins = flask_login.LoginManager(app)

    @logins.user_loader
    def load(visitor_id: str) -> Visitor | None:
        return db.session.get(Visitor, int(visitor_id))

    @app.post("/login")
    def log_in() -> str:
        name = request.form["name"]
        flask_login.login_user(
            db.session.scalars(select(Visitor).filter_by(name=name)).one()
        )
        return ""

    @app.route("/visit", methods=["GET", "POST"])
    @flask_login.login_required
    def visit() -> str:
        if request.method == "POST":
            flask_login.current_user.visits += 1
            db.session.commit()

        visitor: Any = flask_login.current_user
        return f"{visitor.name} {visitor.visits}"

    @app.get("/fail")
    def fail() -> str:
        flask_login.current_user.visits += 1
        db.session.flush()
        abort(418)

    @app.errorhandler(418)
    def show(error: Exception) -> tuple[str, int]:
        return visit(), 418

    with app.app_context():
        db.session.add(Visitor(name="Ada"))
        db.session.commit()


def test_a_user_logs_in_and_is_known_later(app: Flask) -> None:
    client = app.test_client()
    assert client.get("/visit").status_code == 401
    client.post("/login", data={"name": "Ada"})
    assert client.post("/visit").text == "Ada 1"
    assert client.get("/visit").text == "Ada 1"


def test_an_error_page_knows_the_user(app: Flask) -> None:
    client = app.test_client()
    client.post("/login", data={"name": "Ada"})
    response = client.get("/fail")
    assert (response.status_code, response.text) == (418, "Ada 0")
