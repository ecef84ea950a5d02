"""What an attacker sends, and what others may learn, is limited."""

import re
import secrets
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask import request
from flask import session
from helpers import config_for_tests
from helpers import dispose
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from werkzeug.test import TestResponse

import my_flask_app
from my_flask_app.app import create_app
from my_flask_app.config import load_config
from my_flask_app.database import db
from my_flask_app.environment import ConfigError

# What a Content-Security-Policy without 'unsafe-inline' and other hosts forbids.
FORBIDDEN = re.compile(
    r"<script(?![^>]*\ssrc=)|<style|\s(style|on[a-z]+)=|javascript:|https?://", re.I
)


def served(url: str) -> Flask:
    """Return an application that serves others, with a view that shows a request."""
    key = secrets.token_urlsafe()
    given = config_for_tests(url) | {"SECRET_KEY": key, "TESTING": False}
    del given["TRUSTED_HOSTS"]
    app = create_app(given)

    @app.route("/probe", methods=["GET", "POST"])
    def probe() -> dict[str, Any]:
        session["probe"] = True
        return {
            "host": request.host,
            "scheme": request.scheme,
            "client": request.remote_addr,
            "length": len(request.form.get("name", "")),
        }

    return app


@pytest.fixture(autouse=True)
def production(monkeypatch: pytest.MonkeyPatch) -> None:
    """Forget what the environment of a developer says."""
    monkeypatch.setenv("ENVIRONMENT", "production")
    monkeypatch.delenv("FLASK_DEBUG", raising=False)
    for name in ("MAX_CONTENT_LENGTH", "PROXIES", "TRUSTED_HOSTS"):
        monkeypatch.delenv(name, raising=False)


def fetch(app: Flask, path: str = "/probe", **options: Any) -> TestResponse:
    response = app.test_client().open(path, buffered=True, **options)
    dispose(app)
    return response


def test_a_cookie_goes_over_https_only_and_to_no_script_or_other_site(
    migrated_database: str,
) -> None:
    cookie = fetch(served(migrated_database)).headers["Set-Cookie"].split("; ")
    assert {"Secure", "HttpOnly", "SameSite=Lax"} <= set(cookie)


def test_a_developer_gets_a_cookie_without_https(
    migrated_database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ENVIRONMENT", "development")
    cookie = fetch(served(migrated_database)).headers["Set-Cookie"]
    assert "Secure" not in cookie
    assert "SameSite=Lax" in cookie


@pytest.mark.parametrize("path", ["/", "/nowhere", "/static/style.css", "/probe"])
def test_every_answer_has_the_headers_that_protect_it(
    migrated_database: str, path: str
) -> None:
    headers = fetch(served(migrated_database), path).headers
    policy = headers["Content-Security-Policy"].split("; ")
    assert {"default-src 'self'", "frame-ancestors 'none'"} <= set(policy)
    assert "unsafe" not in headers["Content-Security-Policy"]
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "same-origin"


def test_what_a_view_sets_goes_before_the_headers_of_all(
    migrated_database: str,
) -> None:
    app = served(migrated_database)

    @app.get("/own")
    def own() -> tuple[str, dict[str, str]]:
        return "", {"Content-Security-Policy": "default-src 'none'"}

    policies = fetch(app, "/own").headers.getlist("Content-Security-Policy")
    assert policies == ["default-src 'none'"]


def test_no_page_needs_what_the_policy_forbids() -> None:
    pages = list(Path(my_flask_app.__file__).parent.rglob("*.html"))
    assert pages
    for page in pages:
        assert not FORBIDDEN.search(page.read_text("utf-8")), page


@pytest.mark.parametrize(
    ("mode", "scheme", "sent"),
    [
        ("production", "https", True),
        ("production", "http", False),
        ("development", "https", False),
    ],
)
def test_https_is_asked_for_where_it_works(
    migrated_database: str,
    monkeypatch: pytest.MonkeyPatch,
    mode: str,
    scheme: str,
    sent: bool,
) -> None:
    monkeypatch.setenv("ENVIRONMENT", mode)
    response = fetch(served(migrated_database), base_url=f"{scheme}://localhost")
    assert ("Strict-Transport-Security" in response.headers) == sent


@pytest.mark.parametrize(
    ("proxies", "expected"),
    [
        (None, ["localhost", "http", "127.0.0.1"]),
        ("0", ["localhost", "http", "127.0.0.1"]),
        ("1", ["b.example", "https", "192.0.2.2"]),
        ("2", ["a.example", "http", "192.0.2.1"]),
        ("3", ["localhost", "http", "127.0.0.1"]),
    ],
)
def test_only_as_many_proxies_are_believed_as_there_are(
    migrated_database: str,
    monkeypatch: pytest.MonkeyPatch,
    proxies: str | None,
    expected: list[str],
) -> None:
    if proxies is not None:
        monkeypatch.setenv("PROXIES", proxies)

    forwarded = {
        "X-Forwarded-For": "192.0.2.1, 192.0.2.2",
        "X-Forwarded-Host": "a.example, b.example",
        "X-Forwarded-Proto": "http, https",
        "X-Forwarded-Prefix": "/prefix",
        "X-Forwarded-Port": "8443",
    }
    answer = fetch(served(migrated_database), headers=forwarded).json
    assert answer and [answer[it] for it in ("host", "scheme", "client")] == expected


@pytest.mark.parametrize("value", ["-1", "", "one", "1.5", "101"])
def test_a_number_of_proxies_that_makes_no_sense_is_refused(
    monkeypatch: pytest.MonkeyPatch, value: str
) -> None:
    monkeypatch.setenv("PROXIES", value)
    expected = f"PROXIES is {value!r}; it must be a whole number from 0 to 100"
    with pytest.raises(ConfigError, match=expected):
        load_config({})


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("example.org", 200),
        ("example.org:8000", 200),
        ("a.example.net", 200),
        ("evil.example", 400),
        ("example.org.evil.example", 400),
        ("a@example.org", 400),
        ("<script>", 400),
    ],
)
def test_a_host_that_is_not_ours_gets_a_plain_refusal(
    migrated_database: str,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    host: str,
    status: int,
) -> None:
    monkeypatch.setenv("TRUSTED_HOSTS", "example.org, .example.net")
    path = "/static/style.css"
    response = fetch(served(migrated_database), path, headers={"Host": host})
    assert response.status_code == status
    assert "<script>" not in response.text
    assert "nosniff" in response.headers["X-Content-Type-Options"]
    assert not caplog.records


@pytest.mark.parametrize(
    "value", ["https://example.org", "example.org:80", "*.example.org", "a,,b", "a b"]
)
def test_a_host_that_cannot_be_one_is_refused(
    monkeypatch: pytest.MonkeyPatch, value: str
) -> None:
    monkeypatch.setenv("TRUSTED_HOSTS", value)
    with pytest.raises(ConfigError, match="TRUSTED_HOSTS has '.*'; it must have names"):
        load_config({})


PART = b'--b\r\nContent-Disposition: form-data; name="name"'


def body(size: int, kind: str) -> dict[str, Any]:
    """Return what a form sends whose name is as long as that."""
    if kind == "urlencoded":
        data, content_type = b"name=" + size * b"x", "application/x-www-form-urlencoded"
    else:
        data = PART + b"\r\n\r\n" + size * b"x" + b"\r\n--b--\r\n"
        content_type = "multipart/form-data; boundary=b"

    return {"method": "POST", "data": data, "content_type": content_type}


@pytest.mark.parametrize("kind", ["urlencoded", "multipart"])
@pytest.mark.parametrize("size", [100_000, 20_000_000])
def test_a_form_that_is_too_large_is_not_read(
    migrated_database: str, kind: str, size: int
) -> None:
    response = fetch(served(migrated_database), **body(size, kind))
    assert response.status_code == (200 if size == 100_000 else 413)
    assert len(response.data) < 10_000


@pytest.mark.parametrize("length", [{}, {"CONTENT_LENGTH": "5000000"}])
def test_a_large_file_does_not_fill_the_disk(
    migrated_database: str, length: dict[str, str]
) -> None:
    sent = BytesIO(PART + b"; filename=f\r\n\r\n" + bytes(5_000_000))
    environ = {"wsgi.input": sent, "wsgi.input_terminated": True, **length}
    response = fetch(
        served(migrated_database),
        method="POST",
        content_type="multipart/form-data; boundary=b",
        environ_overrides=environ,
    )
    assert response.status_code == 413
    assert sent.tell() <= (0 if length else 2_000_000)


def test_the_environment_says_how_much_is_read(
    migrated_database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MAX_CONTENT_LENGTH", "2000000")
    app = served(migrated_database)
    assert fetch(app, **body(1_500_000, "urlencoded")).status_code == 200


@pytest.mark.parametrize(
    ("mode", "shown"), [("production", False), ("development", True)]
)
def test_what_people_have_written_is_in_errors_of_developers_only(
    migrated_database: str, monkeypatch: pytest.MonkeyPatch, mode: str, shown: bool
) -> None:
    monkeypatch.setenv("ENVIRONMENT", mode)
    app = served(migrated_database)
    with app.app_context(), pytest.raises(DBAPIError) as caught:
        # Some drivers put it into the statement, of which servers quote a line.
        db.session.execute(text("SELECT :name\nFROM nowhere"), {"name": "Ada"})

    dispose(app)
    assert ("Ada" in str(caught.value)) == shown
