"""A view and its stream have one session, which ends with the last byte."""

import gc
from collections.abc import Iterator
from contextlib import suppress
from io import BytesIO

import pytest
from flask import Flask
from flask import Response
from flask import send_file
from flask import stream_with_context
from helpers import connections_in_use
from sqlalchemy import text

from my_flask_app.database import db

NUMBERS = text("SELECT 1 UNION ALL SELECT 2 UNION ALL SELECT 3")


@pytest.fixture(autouse=True)
def stream(app: Flask) -> None:
    @app.get("/stream")
    def stream() -> Response:
        result = db.session.execute(NUMBERS, execution_options={"yield_per": 1})
        session = db.session()

        def generate() -> Iterator[str]:
            with result:
                for number in result.scalars():
                    assert db.session() is session
                    yield str(number)

        response = Response(stream_with_context(generate()))
        response.call_on_close(result.close)
        return response


def test_the_cursor_of_a_view_is_read_in_its_stream(app: Flask) -> None:
    assert app.test_client().get("/stream").text == "123"
    assert connections_in_use(app) == 0
    assert not db.session.registry.registry


def test_a_stream_has_its_session_also_while_an_error_is_handled(app: Flask) -> None:
    try:
        raise LookupError
    except LookupError:
        assert app.test_client().get("/stream").text == "123"

    assert connections_in_use(app) == 0


def test_a_stream_that_is_abandoned_keeps_no_connection(app: Flask) -> None:
    response = app.test_client().get("/stream", buffered=False)
    assert next(response.iter_encoded()) == b"1"
    assert connections_in_use(app) == 1

    response.close()
    assert connections_in_use(app) == 0
    assert not db.session.registry.registry


@pytest.mark.parametrize("hook", ["teardown_request", "teardown_appcontext"])
def test_a_stream_that_an_error_prevents_keeps_no_connection(
    app: Flask, hook: str
) -> None:
    def fail(error: object) -> None:
        functions.remove(fail)
        # With some versions of Flask, the stream has begun by then.
        if error is None:
            raise LookupError

    getattr(app, hook)(fail)
    functions = app.teardown_appcontext_funcs
    if hook == "teardown_request":
        functions = app.teardown_request_funcs[None]

    @app.get("/number")
    def number() -> Response:
        number = str(db.session.scalar(text("SELECT 1")))
        return Response(stream_with_context(iter(number)))

    with suppress(LookupError):
        app.test_client().get("/number")

    assert connections_in_use(app) == 0


def test_a_stream_that_never_begins_keeps_no_connection(app: Flask) -> None:
    response = app.test_client().head("/stream", buffered=False)
    response.close()
    assert connections_in_use(app) == 0
    assert not db.session.registry.registry


def test_a_stream_that_nobody_reads_or_closes_keeps_no_connection(app: Flask) -> None:
    @app.get("/number")
    def number() -> Response:
        number = str(db.session.scalar(text("SELECT 1")))
        return Response(stream_with_context(iter(number)))

    assert app.test_client().head("/number").status_code == 200
    gc.collect()
    assert connections_in_use(app) == 0


def generator() -> Iterator[str]:
    yield "1"
    yield "2"


def file() -> Response:
    return send_file(BytesIO(b"12"), "text/plain")


@pytest.mark.parametrize("body", [generator, file])
def test_a_download_that_needs_no_context_has_no_connection(
    app: Flask, body: object
) -> None:
    @app.get("/download")
    def download() -> Response:
        db.session.connection()
        return app.make_response(body())  # type: ignore[operator]

    response = app.test_client().get("/download", buffered=False)
    assert connections_in_use(app) == 0
    assert response.text == "12"
