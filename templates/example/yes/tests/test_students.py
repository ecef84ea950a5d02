import re
import time
from datetime import datetime
from datetime import timezone

import pytest
from flask import Flask
from flask.testing import FlaskClient

ADA = {"name": "Ada Lovelace", "email": "ada@example.org"}


def add(client: FlaskClient, **changes: str) -> str:
    return client.post("/add", data=ADA | changes, follow_redirects=True).text


def test_at_first_there_are_no_students(client: FlaskClient) -> None:
    assert "There are no students yet." in client.get("/").text


def test_a_student_is_added(client: FlaskClient) -> None:
    page = add(client)
    assert "Ada Lovelace" in page
    assert "ada@example.org" in page


def test_the_list_says_when_a_student_was_added(client: FlaskClient) -> None:
    before = datetime.now(timezone.utc)
    match = re.search(r'<time datetime="(.+)">', add(client))
    assert match
    assert before <= datetime.fromisoformat(match[1]) <= datetime.now(timezone.utc)


def test_a_student_is_edited(client: FlaskClient) -> None:
    url = edit_url(add(client))
    assert 'value="Ada Lovelace"' in client.get(url).text
    page = client.post(url, data=ADA | {"name": "Grace"}, follow_redirects=True).text
    assert "<td>Grace</td>" in page
    assert "<td>Ada Lovelace</td>" not in page


def test_a_student_is_deleted_only_when_the_button_is_pressed(
    client: FlaskClient,
) -> None:
    url = edit_url(add(client)).replace("edit", "delete")
    assert "Delete Ada Lovelace?" in client.get(url).text
    assert "Ada Lovelace" in client.get("/").text
    assert "no students" in client.post(url, follow_redirects=True).text


@pytest.mark.parametrize("name", ["Ольга", "李", "Zoë 🙂"])
def test_a_student_has_any_name(client: FlaskClient, name: str) -> None:
    assert f"<td>{name}</td>" in add(client, name=name)


def test_an_address_with_an_accent_is_another_one(client: FlaskClient) -> None:
    add(client, email="zoe@example.org")
    page = add(client, email="zoë@example.org")
    assert "<td>zoë@example.org</td>" in page
    assert "<td>zoe@example.org</td>" in page


def test_students_are_in_the_order_of_their_names(client: FlaskClient) -> None:
    add(client, name="Zoe", email="zoe@example.org")
    page = add(client)
    assert page.index("<td>Ada Lovelace</td>") < page.index("<td>Zoe</td>")


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("name", " ", "Enter a name."),
        ("name", "x" * 101, "cannot be longer than 100"),
        ("email", "", "Enter an email address."),
        ("email", "nonsense", "Enter an address such as a@b.org."),
        ("email", "a@" + "b" * 253, "cannot be longer than 254"),
    ],
)
def test_what_cannot_be_saved_is_explained(
    client: FlaskClient, field: str, value: str, message: str
) -> None:
    assert message in add(client, **{field: value})
    assert "There are no students yet." in client.get("/").text


def test_two_students_cannot_have_one_address(client: FlaskClient) -> None:
    add(client)
    assert "Another student has this address." in add(client, name="Impostor")
    assert "Impostor" not in client.get("/").text


def test_any_text_is_kept_and_shown_as_it_was_typed(client: FlaskClient) -> None:
    page = add(client, name="<b>Zoë '😀'</b>\0")
    assert "&lt;b&gt;Zoë &#39;😀&#39;&lt;/b&gt;" in page


@pytest.mark.parametrize("path", ["/1/edit", "/1/delete", "/99999999999/edit"])
def test_a_student_that_does_not_exist_is_not_found(
    client: FlaskClient, path: str
) -> None:
    assert client.get(path).status_code == 404


@pytest.fixture
def victim(app: Flask) -> FlaskClient:
    """Return a client that has a form open and needs its token."""
    app.config["WTF_CSRF_ENABLED"] = True
    client = app.test_client()
    client.get("/add")
    return client


def token(client: FlaskClient) -> str:
    page = client.get("/add").text
    match = re.search(r'name="csrf_token" type="hidden" value="(.+?)"', page)
    assert match
    return match[1]


def with_token(client: FlaskClient) -> dict[str, str]:
    return ADA | {"csrf_token": token(client)}


@pytest.mark.parametrize("path", ["add", "edit", "delete"])
@pytest.mark.parametrize("sent", [None, "", "nonsense", "é", "another's"])
def test_a_forged_request_changes_and_tells_nothing(
    victim: FlaskClient, path: str, sent: str | None
) -> None:
    page = victim.post("/add", data=with_token(victim), follow_redirects=True).text
    url = "/add" if path == "add" else edit_url(page).replace("edit", path)
    other = victim.application.test_client()
    data = {"name": "Mallory", "email": "mallory@example.org"}
    if sent is not None:
        data["csrf_token"] = token(other) if sent == "another's" else sent

    # Browsers do not send the cookie along with what another site made them send.
    for client in (victim, victim.application.test_client()):
        response = client.post(url, data=data)
        assert response.status_code == 400
        assert "Set-Cookie" not in response.headers
        assert not re.search("mallory|csrf_token|<form", response.text, re.IGNORECASE)

    page = victim.get("/").text
    assert "Ada Lovelace" in page
    assert "Mallory" not in page


def test_a_page_that_was_open_for_long_can_be_sent(
    victim: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = time.time()
    data = with_token(victim)
    monkeypatch.setattr(time, "time", lambda: now + 11 * 3600)
    assert victim.post("/add", data=data).status_code == 302
    monkeypatch.setattr(time, "time", lambda: now + 13 * 3600)
    assert victim.post("/add", data=data).status_code == 400


@pytest.mark.parametrize("body", [b"5", b"[1]", b'{"name": "\\ud800"}', b"\xff"])
@pytest.mark.parametrize("content_type", ["application/json", "text/plain", "a/b+json"])
def test_a_form_takes_only_what_forms_send(
    victim: FlaskClient,
    caplog: pytest.LogCaptureFixture,
    body: bytes,
    content_type: str,
) -> None:
    victim.application.config["PROPAGATE_EXCEPTIONS"] = False
    for headers in ({}, {"X-CSRFToken": token(victim)}):
        response = victim.post(
            "/add", data=body, content_type=content_type, headers=headers
        )
        assert response.status_code == 415
        assert not caplog.records


def edit_url(page: str) -> str:
    match = re.search(r'href="(/\d+/edit)"', page)
    assert match
    return match[1]
