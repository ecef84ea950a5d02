"""A row that another request has changed or deleted is not overwritten."""

from collections.abc import Iterator

import pytest
from flask import Flask
from helpers import tables
from sqlalchemy import delete
from sqlalchemy import Executable
from sqlalchemy import update
from sqlalchemy.orm import DeclarativeBase
from sqlalchemy.orm import Mapped
from sqlalchemy.orm import mapped_column

from my_flask_app.database import db


class Base(DeclarativeBase):
    pass


class Page(Base):
    __tablename__ = "conflict_test_pages"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    likes: Mapped[int]
    version: Mapped[int] = mapped_column()

    __mapper_args__ = {"version_id_col": version}


@pytest.fixture(autouse=True)
def pages(app: Flask) -> Iterator[None]:
    with tables(app, Base.metadata):
        with app.app_context():
            db.session.add(Page(id=1, likes=0))
            db.session.commit()

        yield


@pytest.mark.parametrize("change", [update(Page).values(version=7), delete(Page)])
def test_a_row_that_has_changed_since_it_was_read_is_409(
    app: Flask, change: Executable
) -> None:
    app.config["PROPAGATE_EXCEPTIONS"] = False

    @app.post("/like")
    def like() -> str:
        page = db.session.get_one(Page, 1)
        # As if it came from another transaction.
        db.session.execute(change, execution_options={"synchronize_session": False})
        page.likes += 1
        db.session.commit()
        return ""

    response = app.test_client().post("/like")
    assert response.status_code == 409
    assert "Somebody else has changed this." in response.text
