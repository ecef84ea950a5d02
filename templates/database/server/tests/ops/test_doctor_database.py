"""``flask doctor`` says which part of a URL keeps a server from being reached."""

import pytest
from click.testing import CliRunner
from sqlalchemy import make_url
from sqlalchemy import URL

from my_flask_app.ops.doctor import doctor

from .test_doctor import examined
from .test_doctor import folder as folder
from .test_doctor import url as url
from .test_doctor import wrong


@pytest.fixture
def good(url: str) -> URL:
    return make_url(url)


def said_of(monkeypatch: pytest.MonkeyPatch, url: URL) -> str:
    """Return what is said of a URL that does not lead to a database."""
    monkeypatch.setenv("DATABASE_URL", url.render_as_string(hide_password=False))
    found = examined()
    for check in ("accepted", "isolated", "applied"):
        assert found[check] == ("skipped", "The database cannot be used.")

    status, says = found["reached"]
    assert status == "wrong"
    return says


def test_a_name_that_no_server_has_is_named(
    monkeypatch: pytest.MonkeyPatch, good: URL
) -> None:
    says = said_of(monkeypatch, good.set(host="nowhere.invalid"))
    assert says.startswith("No server has the name nowhere.invalid. Correct it")


def test_a_port_where_nothing_listens_is_named(
    monkeypatch: pytest.MonkeyPatch, good: URL
) -> None:
    says = said_of(monkeypatch, good.set(port=1))
    assert says.startswith(f"Nothing listens at {good.host}, port 1. Start")


def test_a_database_that_does_not_exist_is_named(
    monkeypatch: pytest.MonkeyPatch, good: URL
) -> None:
    says = said_of(monkeypatch, good.set(database="does_not_exist"))
    assert says.startswith("There is no database does_not_exist for")


def test_a_user_whom_the_server_does_not_know_is_named(
    monkeypatch: pytest.MonkeyPatch, good: URL
) -> None:
    says = said_of(monkeypatch, good.set(username="nobody", password="secret"))
    assert says.startswith("nobody or the password is wrong. Correct")
    assert "secret" not in says


def test_an_at_sign_in_a_password_is_named(
    monkeypatch: pytest.MonkeyPatch, good: URL
) -> None:
    written = str(good.set(username="me", password="word"))
    monkeypatch.setenv("DATABASE_URL", written.replace("***", "pass@word"))
    assert "word" not in CliRunner().invoke(doctor).output.replace("password", "")
    assert wrong()["starts"].startswith("DATABASE_URL has an '@' too many; in a user")


def test_more_connections_than_the_server_accepts_are_named(url: str) -> None:
    assert "accepted" not in wrong()
    says = wrong("--instances", "10000")["accepted"]
    assert says.startswith("10000 instances * 2 workers * ")
