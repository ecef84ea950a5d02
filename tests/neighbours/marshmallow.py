"""marshmallow: schemas that load and dump models."""

from datetime import datetime
from datetime import timezone
from typing import Any

import pytest
from flask import Flask
from flask import request
from flask_marshmallow import Marshmallow
from marshmallow.fields import AwareDateTime
from marshmallow_sqlalchemy import SQLAlchemyAutoSchema
from shared import count
from sqlalchemy import ForeignKey
from sqlalchemy import String
from sqlalchemy.orm import Mapped
from sqlalchemy.orm import mapped_column
from sqlalchemy.orm import relationship

from my_flask_app.database import Base
from my_flask_app.database import db
from my_flask_app.times import utc_now


class Author(Base):
    __tablename__ = "authors"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(50))
    books: Mapped[list["Book"]] = relationship(back_populates="author")


class Book(Base):
    __tablename__ = "books"

    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str] = mapped_column(String(50))
    published: Mapped[datetime] = mapped_column(default=utc_now)
    author_id: Mapped[int] = mapped_column(ForeignKey("authors.id"))
    author: Mapped[Author] = relationship(back_populates="books")


class BookSchema(SQLAlchemyAutoSchema):  # type: ignore[misc]
    class Meta:
        model = Book
        load_instance = True
        include_relationships = True
        sqla_session = db.session

    # What is sent without a time zone is taken for UTC.
    published = AwareDateTime(default_timezone=timezone.utc)


def add_view(app: Flask, schema: Any) -> None:
    @app.post("/books")
    def add() -> Any:
        book = schema().load(request.get_json())
        db.session.add(book)
        db.session.commit()
        return schema().dump(book)


@pytest.fixture
def author(app: Flask) -> int:
    with app.app_context():
        author = Author(name="Ada")
        db.session.add(author)
        db.session.commit()
        return author.id


def test_a_schema_loads_and_dumps(app: Flask, author: int) -> None:
    add_view(app, BookSchema)
    given = {"title": "Notes", "author": author, "published": "2030-01-01T10:00:00"}
    client = app.test_client()
    stored = client.post("/books", json=given).get_json()
    assert stored["published"] == "2030-01-01T10:00:00+00:00"
    assert (stored["title"], stored["author"]) == ("Notes", author)
    changed = client.post("/books", json=stored | {"title": "More"}).get_json()
    assert changed == stored | {"title": "More"}
    assert count(app, Book) == 1


def test_flask_marshmallow_has_the_same_schemas(app: Flask, author: int) -> None:
    ma = Marshmallow(app)

    class AuthorSchema(ma.SQLAlchemyAutoSchema):  # type: ignore[misc, name-defined]
        class Meta:
            model = Author
            load_instance = True
            # It finds this one by itself only with Flask-SQLAlchemy.
            if not hasattr(db, "Model"):
                sqla_session = db.session

        link = ma.URLFor("static", values={"filename": "<id>"})

    with app.test_request_context():
        loaded = AuthorSchema().load({"id": author, "name": "Grace"})
        db.session.commit()
        assert AuthorSchema().dump(loaded)["link"] == f"/static/{author}"
        db.session.rollback()
        assert db.session.get_one(Author, author).name == "Grace"
