"""What Flask-SQLAlchemy has besides ``db.session``."""

from typing import Any

import pytest
from flask import Flask
from flask_sqlalchemy import track_modifications
from flask_sqlalchemy.record_queries import get_recorded_queries
from sqlalchemy import select

from my_flask_app.database import db


class Thing(db.Model):
    id = db.Column(db.Integer, primary_key=True)
    name = db.Column(db.String(50), nullable=False)


@pytest.fixture
def settings() -> dict[str, object]:
    return {
        "SQLALCHEMY_ECHO": True,
        "SQLALCHEMY_RECORD_QUERIES": True,
        "SQLALCHEMY_TRACK_MODIFICATIONS": True,
    }


def test_queries_of_models_pages_and_404(app: Flask) -> None:
    noted: list[Any] = []

    @track_modifications.models_committed.connect_via(app)
    def note(_: Flask, changes: Any) -> None:
        noted.append(changes)

    @app.post("/things/<name>")
    def add(name: str) -> str:
        db.session.add(Thing(name=name))
        db.session.commit()
        return str(len(get_recorded_queries()))

    @app.get("/things/<int:number>")
    def show(number: int) -> str:
        return db.get_or_404(Thing, number).name

    @app.get("/things")
    def index() -> str:
        page = db.paginate(select(Thing).order_by(Thing.id), per_page=1)
        return f"{page.total} {page.items[0].name} {Thing.query.count()}"

    client = app.test_client()
    assert client.post("/things/a").text == "1"
    client.post("/things/b")
    assert [len(it) for it in noted] == [1, 1]
    assert client.get("/things/404").status_code == 404
    assert client.get("/things?page=2").text == "2 b 2"
