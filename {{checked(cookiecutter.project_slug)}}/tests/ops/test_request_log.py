"""What the log says of requests."""

import io
import json
import logging
import subprocess
import sys
from collections.abc import Callable
from collections.abc import Iterator
from contextvars import copy_context
from threading import Thread
from typing import Any

import pytest
from flask import Flask
from flask import Response
from flask.testing import FlaskClient
from sqlalchemy import text
from sqlalchemy.exc import TimeoutError
from werkzeug.test import EnvironBuilder
from werkzeug.wsgi import FileWrapper

from my_flask_app.database import db
from my_flask_app.ops import logs

from .conftest import PROJECT
from .conftest import Server
from .conftest import until

# A line feed, a carriage return, an escape, and what ends a line in Unicode.
PATH = "/a%0Ab%0D%1B[31m%C2%85%E2%80%A8%00%ff"

ID = "7f3a-1.b_c:d/e+f=@"


@pytest.fixture
def lines() -> Iterator[Callable[[], list[dict[str, Any]]]]:
    """Return a function for what the log has, as it is in production."""
    logs.current.set(None)  # What a client of another test has not closed is still on.
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(logs.JsonFormatter())
    logger = logging.getLogger("my_flask_app")
    level = logger.level
    logger.setLevel(logging.INFO)
    logger.addHandler(handler)
    yield lambda: [json.loads(line) for line in stream.getvalue().splitlines()]
    logger.removeHandler(handler)
    logger.setLevel(level)


Lines = Callable[[], list[dict[str, Any]]]


def test_a_request_is_one_line(app: Flask, lines: Lines) -> None:
    @app.get("/twice")
    def twice() -> str:
        for _ in range(2):
            db.session.execute(text("SELECT version_num FROM alembic_version"))

        return "twice"

    response = app.test_client().get("/twice?password=secret", buffered=True)
    [line] = lines()
    assert line["method"] == "GET"
    assert line["path"] == "/twice"
    assert line["status"] == 200
    assert line["request_id"] == response.headers["X-Request-ID"]
    assert 0 <= line["database_ms"] <= line["duration_ms"]
    # The fixture adds savepoints.
    assert line["queries"] >= 2
    assert line["message"].startswith("GET /twice 200 in ")


def test_a_client_may_name_its_request(client: FlaskClient) -> None:
    response = client.get("/", headers={"X-Request-ID": ID})
    assert response.headers.getlist("X-Request-ID") == [ID]


@pytest.mark.parametrize("given", ["", "a b", 'a"', "a\t", "é", "x" * 129])
def test_a_name_that_others_could_not_read_is_replaced(
    client: FlaskClient, given: str
) -> None:
    answers = [client.get("/", headers={"X-Request-ID": given}) for _ in range(2)]
    first, second = [answer.headers["X-Request-ID"] for answer in answers]
    assert len(first) == len(second) == 16
    assert given != first != second


def test_threads_that_inherit_the_context_write_the_id(
    app: Flask, lines: Lines
) -> None:
    """With gevent, they are greenlets."""

    @app.get("/threads")
    def threads() -> str:
        for run in (copy_context().run, lambda function: function()):
            thread = Thread(target=run, args=(lambda: app.logger.info("other"),))
            thread.start()
            thread.join()

        return "threads"

    app.test_client().get("/threads", headers={"X-Request-ID": ID}, buffered=True)
    assert [line.get("request_id") for line in lines()] == [ID, None, ID]
    app.logger.info("after")
    assert "request_id" not in lines()[-1]


def test_a_request_in_a_request_has_an_id_of_its_own(app: Flask, lines: Lines) -> None:
    @app.get("/outer")
    def outer() -> str:
        headers = {"X-Request-ID": "inner"}
        app.test_client().get("/missing", headers=headers, buffered=True)
        app.logger.info("outer")
        return "outer"

    app.test_client().get("/outer", headers={"X-Request-ID": ID}, buffered=True)
    assert [line["request_id"] for line in lines()] == ["inner", ID, ID]


def test_the_line_of_a_stream_comes_when_it_has_been_sent(
    app: Flask, lines: Lines
) -> None:
    @app.get("/stream")
    def stream() -> Response:
        def parts() -> Iterator[str]:
            yield "begun"
            app.logger.info("in between")
            yield "ended"

        return Response(parts())

    headers = {"X-Request-ID": ID}
    response = app.test_client().get("/stream", headers=headers, buffered=False)
    assert not lines()
    assert response.data == b"begunended"
    response.close()
    assert [line["message"].split(" in ")[0] for line in lines()] == [
        "in between",
        "GET /stream 200",
    ]
    assert {line["request_id"] for line in lines()} == {ID}


def test_a_server_can_send_a_file_by_itself(app: Flask, lines: Lines) -> None:
    environ = EnvironBuilder("/static/style.css").get_environ()
    environ["wsgi.file_wrapper"] = FileWrapper
    response: Any = app.wsgi_app(environ, lambda *_: lambda _: None)
    assert isinstance(response, FileWrapper)
    assert not lines()
    response.close()
    assert len(lines()) == 1


def test_what_a_client_sends_is_in_one_line(app: Flask) -> None:
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    app.logger.addHandler(handler)
    logger = logging.getLogger("my_flask_app")
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)

    @app.get("/<anything>")
    def warn(anything: str) -> str:
        app.logger.warning("found %s", anything)
        return "warned"

    try:
        for formatter in (logs.TextFormatter(logs.TEXT), logs.JsonFormatter()):
            handler.setFormatter(formatter)
            app.test_client().get(PATH, buffered=True)
    finally:
        app.logger.removeHandler(handler)
        logger.removeHandler(handler)
        logger.setLevel(logging.NOTSET)

    assert len(stream.getvalue().splitlines()) == 4 + 2
    assert "\x1b" not in stream.getvalue()
    assert "GET /a%0Ab%0D%1B%5B31m" in stream.getvalue()


def test_a_known_503_is_one_line(app: Flask, lines: Lines) -> None:
    @app.get("/busy")
    def busy() -> str:
        raise TimeoutError("no connection is free")

    app.config["PROPAGATE_EXCEPTIONS"] = False
    assert app.test_client().get("/busy", buffered=True).status_code == 503
    [line] = lines()
    assert line["level"] == "WARNING"
    assert line["status"] == 503
    assert line["error"] == "TimeoutError: no connection is free"
    assert line["message"].endswith(" ms: TimeoutError: no connection is free")


def test_all_that_a_server_writes_has_one_format(serve: Callable[..., Server]) -> None:
    server = serve(PYTHONDEVMODE="1")
    server.ask("/query", f"X-Request-ID: {ID}")
    [asked, line] = server.lines(2)
    assert asked["request_id"] == line["request_id"] == ID
    assert (asked["message"], asked["level"]) == ("asked", "INFO")
    assert line["queries"] >= 1

    server.ask("/fail")
    [error, line] = server.lines(4)[2:]
    assert error["exception"].endswith("\nValueError: of the view")
    assert (line["status"], line["request_id"]) == (500, error["request_id"])

    server.ask("/stream", f"X-Request-ID: {ID}")
    [line, error] = server.lines(6)[4:]
    assert error["exception"].endswith("\nValueError: of the stream")
    assert error["logger"] == "gunicorn.error"
    assert line["request_id"] == error["request_id"] == ID

    server.ask("/", "Broken header")
    until(lambda: "Invalid request from ip" in server.log.read_text())
    assert len(server.lines(0)) == 6

    for _ in range(3):
        assert server.ask("/busy").startswith(b"HTTP/1.1 503 ")
    assert [line["path"] for line in server.lines(9)[6:]] == ["/busy"] * 3

    written = [json.loads(line) for line in server.stop().splitlines()]
    assert len([line for line in written if "request_id" in line]) == 9
    assert written[0]["message"].startswith("Starting gunicorn ")
    # Connections are closed when the process ends.
    assert not [it for it in written if it["logger"] == "py.warnings"]


def test_in_development_the_lines_are_text(serve: Callable[..., Server]) -> None:
    server = serve(ENVIRONMENT="development")
    server.ask("/missing", f"X-Request-ID: {ID}")
    written = until(lambda: "/missing" in server.log.read_text() and server.stop())
    [line] = [line for line in written.splitlines() if "/missing" in line]
    assert " INFO GET /missing 404 in " in line
    assert line.endswith(f" ms [{ID}]")


def test_the_first_process_of_gunicorn_imports_no_application() -> None:
    """A worker that it starts later has the code of that time."""
    code = (
        "import runpy, sys; from gunicorn.util import load_class\n"
        "load_class(runpy.run_path('gunicorn.conf.py')['logger_class'])\n"
        "print(*{'flask', 'sqlalchemy', 'alembic'} & set(sys.modules))"
    )
    run = [sys.executable, "-c", code]
    ended = subprocess.run(run, cwd=PROJECT, capture_output=True, text=True)
    assert (ended.stdout, ended.stderr) == ("\n", "")
