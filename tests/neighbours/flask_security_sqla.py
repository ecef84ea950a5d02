"""Flask-Security, with its models for SQLAlchemy alone."""

from datetime import datetime
from typing import Any

import pytest
from flask import Flask
from flask_security import hash_password
from flask_security import roles_required
from flask_security import Security
from flask_security import SQLAlchemySessionUserDatastore
from flask_security.models import sqla
from sqlalchemy import select
from sqlalchemy.orm import Mapped
from sqlalchemy.orm import mapped_column

from my_flask_app.database import Base
from my_flask_app.database import db
from my_flask_app.times import utc_now

sqla.FsModels.set_db_info(base_model=Base)


class Role(Base, sqla.FsRoleMixin):
    __tablename__ = "role"

    # What it would write there has no time zone.
    update_datetime: Mapped[datetime] = mapped_column(default=utc_now, onupdate=utc_now)


class User(Base, sqla.FsUserMixin):
    __tablename__ = "user"

    create_datetime: Mapped[datetime] = mapped_column(default=utc_now)
    update_datetime: Mapped[datetime] = mapped_column(default=utc_now, onupdate=utc_now)


STORE = SQLAlchemySessionUserDatastore(db.session, User, Role)


@pytest.fixture
def settings() -> dict[str, object]:
    return {
        "SECURITY_PASSWORD_SALT": "1",
        "SECURITY_REGISTERABLE": True,
        "SECURITY_TRACKABLE": True,
        "SECURITY_SEND_REGISTER_EMAIL": False,
        "SECURITY_PASSWORD_HASH": "plaintext",
        "SECURITY_PASSWORD_SCHEMES": ["plaintext"],
        "SECURITY_EMAIL_VALIDATOR_ARGS": {"check_deliverability": False},
        "SECURITY_USE_REGISTER_V2": True,
        "SECURITY_DATETIME_FACTORY": utc_now,
    }


def test_a_person_registers_logs_in_and_has_a_role(app: Flask) -> None:
    Security(app, STORE)

    @app.get("/staff")
    @roles_required("staff")
    def staff() -> str:
        return "welcome"

    client = app.test_client()
    person = {"email": "ada@example.com", "password": "a long password"}
    form = person | {"password_confirm": "a long password"}
    answer: Any = client.post("/register", json=form)
    assert answer.status_code == 200, answer.text
    client.post("/logout")
    answer = client.post("/login", json=person)
    assert answer.status_code == 200, answer.text
    assert client.get("/staff").status_code == 403
    with app.app_context():
        user = db.session.scalars(select(User)).one()
        STORE.add_role_to_user(user, STORE.find_or_create_role("staff"))
        STORE.commit()
        assert user.login_count == 2

    assert client.get("/staff").text == "welcome"


def test_a_role_is_changed(app: Flask) -> None:
    Security(app, STORE)
    with app.app_context():
        STORE.create_user(email="a@b.c", password=hash_password("1"))
        role = STORE.create_role(name="staff")
        STORE.commit()
        role.description = "All of them"
        STORE.commit()
        assert role.update_datetime.tzinfo
