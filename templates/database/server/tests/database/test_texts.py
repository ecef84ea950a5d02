"""Tables hold every text, and take for equal only what is the same."""

from collections.abc import Iterator

import pytest
from flask import Flask
from helpers import tables
from sqlalchemy import cast
from sqlalchemy import func
from sqlalchemy import select
from sqlalchemy import String
from sqlalchemy.orm import DeclarativeBase
from sqlalchemy.orm import Mapped
from sqlalchemy.orm import mapped_column

from my_flask_app.database import db
from my_flask_app.database import dialect

pytestmark = pytest.mark.skipif(
    not dialect.NARROW, reason="nothing is known of the texts of this database"
)


class Base(DeclarativeBase):
    pass


class Word(Base):
    __tablename__ = "texts_test_words"

    id: Mapped[int] = mapped_column(primary_key=True)
    text: Mapped[str] = mapped_column(String(100), unique=True)


@pytest.fixture(autouse=True)
def words(app: Flask) -> Iterator[None]:
    with tables(app, Base.metadata), app.app_context():
        yield


def found(text: str) -> list[str]:
    return list(db.session.scalars(select(Word.text).where(Word.text == text)))


@pytest.mark.parametrize("text", ["Zoë", "Ольга", "李", "🙂", "a\u0301"])
def test_every_text_is_stored_as_it_is(text: str) -> None:
    db.session.add(Word(text=text))
    db.session.commit()
    assert found(text) == [text]


def test_only_what_is_the_same_is_equal() -> None:
    texts = ["zoe", "zoë", "Zoe", "zoe ", "ZOË", "zoe\u0308", "straße", "strasse"]
    db.session.add_all(Word(text=text) for text in texts)
    db.session.commit()
    for text in texts:
        assert found(text) == [text]


def test_case_can_be_ignored_by_asking_for_it() -> None:
    db.session.add(Word(text="Zoë"))
    db.session.commit()
    select_lower = select(Word.text).where(func.lower(Word.text) == "zoë")
    assert db.session.scalars(select_lower).all() == ["Zoë"]
    select_like = select(Word.text).where(Word.text.ilike("zO%"))
    assert db.session.scalars(select_like).all() == ["Zoë"]


def test_a_text_is_compared_with_what_is_computed() -> None:
    db.session.add(Word(id=1, text="1"))
    db.session.commit()
    computed = select(Word.id).where(Word.text == cast(Word.id, String(10)))
    assert db.session.scalars(computed).all() == [1]
