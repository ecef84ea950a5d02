"""Flask-Admin: a list, and forms that create and edit."""

from datetime import datetime
from datetime import timezone

import flask_admin
import pytest
from flask import Flask
from flask.testing import FlaskClient
from flask_admin.contrib.sqla import ModelView
from flask_admin.form.fields import DateTimeField
from sqlalchemy import select
from sqlalchemy import String
from sqlalchemy.orm import Mapped
from sqlalchemy.orm import mapped_column

from my_flask_app.database import Base
from my_flask_app.database import db

# With SQLAlchemy alone, its own way to find the session fails.
DATABASE = db if hasattr(db, "Model") else db.session
FORM = {"name": "Opening", "begins": "2030-01-01 10:00:00"}


class Event(Base):
    __tablename__ = "events"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(50), unique=True)
    begins: Mapped[datetime]


def in_utc(value: datetime | None) -> datetime | None:
    return value and value.replace(tzinfo=timezone.utc)


class EventView(ModelView):
    # It does not know the type of a moment, and what a form sends has no time zone.
    form_overrides = {"begins": DateTimeField}
    form_args = {"begins": {"filters": [in_utc]}}


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    admin = flask_admin.Admin(app)
    admin.add_view(EventView(Event, DATABASE))
    return app.test_client()


pytestmark = pytest.mark.filterwarnings("ignore:Passing a session:DeprecationWarning")


def test_rows_are_created_listed_and_edited(app: Flask, client: FlaskClient) -> None:
    assert client.post("/admin/event/new/", data=FORM).status_code == 302
    assert "Opening" in client.get("/admin/event/").text
    with app.app_context():
        event = db.session.scalars(select(Event)).one()
        assert event.begins == datetime(2030, 1, 1, 10, tzinfo=timezone.utc)
        url = f"/admin/event/edit/?id={event.id}"

    assert "10:00:00" in client.get(url).text
    response = client.post(url, data=FORM | {"name": "Closing"})
    assert response.status_code == 302
    assert "Closing" in client.get("/admin/event/").text
    client.post("/admin/event/delete/", data={"id": url.partition("=")[2]})
    assert "Closing" not in client.get("/admin/event/").text


def test_a_row_that_the_database_refuses_is_no_error_page(
    monkeypatch: pytest.MonkeyPatch, client: FlaskClient
) -> None:
    monkeypatch.setattr("flask_admin.contrib.sqla.validators.Unique.__call__", ok)
    client.post("/admin/event/new/", data=FORM)
    response = client.post("/admin/event/new/", data=FORM)
    assert response.status_code == 200
    assert "Integrity error" in response.text


def ok(*_: object) -> None:
    """Let two requests find a name free that only one of them can have."""
