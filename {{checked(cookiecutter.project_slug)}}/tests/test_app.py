from flask import abort
from flask import Flask
from flask import jsonify
from flask.testing import FlaskClient


def test_the_first_page_is_shown(client: FlaskClient) -> None:
    response = client.get("/")
    assert response.status_code == 200


def test_a_page_that_does_not_exist_has_an_error_page(client: FlaskClient) -> None:
    response = client.get("/nowhere")
    assert response.status_code == 404
    assert "<h1>Not Found</h1>" in response.text


def test_the_error_page_keeps_the_headers_of_the_error(client: FlaskClient) -> None:
    response = client.post("/static/style.css")
    assert response.status_code == 405
    assert "GET" in response.headers["Allow"]


def test_an_error_that_carries_a_response_keeps_it(app: Flask) -> None:
    @app.get("/probe")
    def probe() -> str:
        response = jsonify(reason="taken")
        response.status_code = 409
        abort(409, response=response)

    response = app.test_client().get("/probe")
    assert response.status_code == 409
    assert response.json == {"reason": "taken"}


def test_an_error_whose_page_cannot_be_shown_keeps_its_status(app: Flask) -> None:
    @app.context_processor
    def fail() -> dict[str, object]:
        raise RuntimeError

    response = app.test_client().get("/nowhere")
    assert response.status_code == 404
    assert "<h1>Not Found</h1>" in response.text
