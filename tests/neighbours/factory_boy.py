"""factory_boy and pytest-factoryboy: rows for tests."""

from collections.abc import Iterator

import factory
import pytest
from flask import Flask
from flask.testing import FlaskClient
from pytest_factoryboy import register
from shared import count
from sqlalchemy import String
from sqlalchemy.orm import Mapped
from sqlalchemy.orm import mapped_column

from my_flask_app.database import Base
from my_flask_app.database import db


class Member(Base):
    __tablename__ = "members"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(50))


class MemberFactory(factory.alchemy.SQLAlchemyModelFactory):  # type: ignore[misc]
    class Meta:
        model = Member
        sqlalchemy_session = db.session
        # A request has a session of its own, and sees what is stored.
        sqlalchemy_session_persistence = "commit"

    name = factory.Sequence("member {}".format)  # type: ignore[no-untyped-call]


register(MemberFactory)


@pytest.fixture
def client(app: Flask) -> Iterator[FlaskClient]:
    @app.get("/members")
    def members() -> str:
        return str(db.session.query(Member).count())

    with app.app_context():
        yield app.test_client()


@pytest.mark.parametrize("again", [False, True])
def test_a_request_sees_what_factories_have_made(
    app: Flask, client: FlaskClient, member: Member, again: bool
) -> None:
    MemberFactory.create_batch(2)
    assert client.get("/members").text == "3"
    assert member.name.startswith("member")
    assert count(app, Member) == 3
