"""Flask-Caching: views and functions whose results are kept."""

import flask_caching
from flask import Flask
from sqlalchemy import func
from sqlalchemy import select
from sqlalchemy import String
from sqlalchemy.orm import Mapped
from sqlalchemy.orm import mapped_column

from my_flask_app.database import Base
from my_flask_app.database import db


class Hit(Base):
    __tablename__ = "hits"

    id: Mapped[int] = mapped_column(primary_key=True)
    text: Mapped[str | None] = mapped_column(String(50))


def test_a_view_and_a_model_are_cached(app: Flask) -> None:
    cache = flask_caching.Cache(app, config={"CACHE_TYPE": "SimpleCache"})

    @app.post("/hits")
    def hit() -> str:
        db.session.add(Hit(text="kept"))
        db.session.commit()
        return ""

    @app.get("/hits")
    @cache.cached()
    def hits() -> str:
        return str(db.session.scalar(select(func.count()).select_from(Hit)))

    @cache.memoize()
    def first() -> Hit:
        return db.session.scalars(select(Hit)).one()

    @app.get("/first")
    def show() -> str:
        kept = first()
        return f"{kept in db.session} {db.session.merge(kept, load=False).text}"

    client = app.test_client()
    client.post("/hits")
    assert client.get("/hits").text == "1"
    assert client.get("/first").text == "True kept"
    client.post("/hits")
    assert client.get("/hits").text == "1"
    assert client.get("/first").text == "False kept"
