"""Flask-Security, with its models for Flask-SQLAlchemy."""

import pytest
from flask import Flask
from flask_security import hash_password
from flask_security import roles_required
from flask_security import Security
from flask_security import SQLAlchemyUserDatastore
from flask_security.models import fsqla_v3

from my_flask_app.database import db

fsqla_v3.FsModels.set_db_info(db, user_table_name="fs_user", role_table_name="fs_role")


class Role(db.Model, fsqla_v3.FsRoleMixin):
    __tablename__ = "fs_role"


class User(db.Model, fsqla_v3.FsUserMixin):
    __tablename__ = "fs_user"


@pytest.fixture
def settings() -> dict[str, object]:
    return {
        "SECURITY_PASSWORD_SALT": "1",
        "SECURITY_TRACKABLE": True,
        "SECURITY_PASSWORD_HASH": "plaintext",
        "SECURITY_PASSWORD_SCHEMES": ["plaintext"],
        "SECURITY_EMAIL_VALIDATOR_ARGS": {"check_deliverability": False},
    }


def test_a_person_logs_in(app: Flask) -> None:
    store = SQLAlchemyUserDatastore(db, User, Role)
    Security(app, store)

    @app.get("/staff")
    @roles_required("staff")
    def staff() -> str:
        return "welcome"

    with app.app_context():
        role = store.create_role(name="staff")
        password = hash_password("a long password")
        store.create_user(email="ada@example.com", password=password, roles=[role])
        store.commit()
        role.description = "All of them"
        store.commit()

    client = app.test_client()
    person = {"email": "ada@example.com", "password": "a long password"}
    assert client.post("/login", json=person).status_code == 200
    assert client.get("/staff").text == "welcome"
