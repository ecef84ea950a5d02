"""A safe request only reads, and is run again where it writes too late."""

import io
import threading
import time
from collections.abc import Callable
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import wait
from typing import Any

import pytest
from flask import copy_current_request_context
from flask import Flask
from flask import request
from flask import Response
from helpers import tables
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import DeclarativeBase
from sqlalchemy.orm import Mapped
from sqlalchemy.orm import mapped_column
from werkzeug.test import create_environ
from werkzeug.test import TestResponse

from my_flask_app.database import db
from my_flask_app.database import writers
from my_flask_app.database.safe_requests import run_in_manner

CLIENTS = 5
UPGRADE = {"Upgrade": "example", "Connection": "Upgrade"}
ADD = "UPDATE safe_request_test_counters SET value = value + 1 WHERE id = 2"


class Base(DeclarativeBase):
    pass


class Counter(Base):
    __tablename__ = "safe_request_test_counters"

    id: Mapped[int] = mapped_column(primary_key=True)
    value: Mapped[int] = mapped_column(default=0)


@pytest.fixture(autouse=True)
def counters(app: Flask) -> Iterator[None]:
    app.config["PROPAGATE_EXCEPTIONS"] = False
    with tables(app, Base.metadata):
        with app.app_context():
            db.session.add_all([Counter(id=1), Counter(id=2)])
            db.session.commit()

        yield


def values(app: Flask) -> list[int]:
    with app.app_context():
        return [db.session.get_one(Counter, number).value for number in (1, 2)]


def count() -> str:
    counter = db.session.get_one(Counter, 1)
    value = counter.value
    time.sleep(0.005)
    counter.value = value + 1
    db.session.commit()
    return ""


def count_and_catch() -> str:
    try:
        return count()
    except SQLAlchemyError:
        return "caught"


def count_and_catch_all() -> str:
    try:
        return count()
    except:  # noqa: E722
        return "caught"


def in_thread(view: Callable[[], str]) -> str:
    with ThreadPoolExecutor(1) as threads:
        return threads.submit(copy_current_request_context(view)).result()


def count_in_thread() -> str:
    return in_thread(count)


def count_what_is_sent() -> str:
    count()
    return str(request.get_json()["name"])


def count_after_another_connection() -> str:
    with db.engine.begin() as connection:
        connection.execute(text(ADD))

    return count()


def count_in_teardown_function() -> str:
    request.environ["counts"] = True
    return ""


def ask(app: Flask, **options: Any) -> list[TestResponse]:
    """Return the answers to clients that all ask at the same time."""
    together = threading.Barrier(CLIENTS)

    def get() -> TestResponse:
        client = app.test_client()
        together.wait(10)
        return client.get("/probe", **options)

    with ThreadPoolExecutor(CLIENTS) as threads:
        return [it.result() for it in [threads.submit(get) for _ in range(CLIENTS)]]


@pytest.mark.parametrize(
    ("view", "options"),
    [
        (count, {}),
        (count_and_catch, {}),
        (count_and_catch_all, {}),
        (count_in_thread, {}),
        (count_in_teardown_function, {}),
        (count_after_another_connection, {}),
        (count_what_is_sent, {"json": {"name": ""}}),
        (count, {"headers": UPGRADE}),
    ],
)
def test_every_safe_request_that_writes_is_answered_once(
    app: Flask, view: Callable[[], str], options: dict[str, Any]
) -> None:
    app.add_url_rule("/probe", view_func=view)

    @app.teardown_request
    def count_if_asked(error: BaseException | None) -> None:
        if error is None and request.environ.pop("counts", False):
            count()

    answers = ask(app, **options)
    assert [(it.status_code, it.text) for it in answers] == [(200, "")] * CLIENTS
    assert values(app)[0] == CLIENTS


# What keeps a request from running again.
ONCE: dict[str, dict[str, Any]] = {
    "has a body": {"json": {"name": "Ada"}},
    "leaves HTTP": {"headers": UPGRADE},
    "uses a thread": {},
}


@pytest.mark.parametrize("what", ONCE)
def test_a_safe_request_that_cannot_run_again_takes_its_turn(
    app: Flask, what: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writers, "LONG", 60)
    runs = []
    others = ThreadPoolExecutor(1)

    def count_both() -> str:
        counter = db.session.get_one(Counter, 2)
        runs.append(request.get_data())
        wait([others.submit(add, app)], timeout=0.05)
        counter.value += 10
        db.session.commit()
        return ""

    @app.get("/probe")
    def view() -> str:
        return in_thread(count_both) if what == "uses a thread" else count_both()

    with others:
        response = app.test_client().get("/probe", **ONCE[what])

    assert response.status_code == 200
    assert len(runs) == 1
    assert values(app)[1] == 11


def test_neither_views_nor_error_handlers_see_that_a_request_is_to_run_again(
    app: Flask,
) -> None:
    runs: list[int] = []
    seen: list[Exception] = []

    @app.get("/probe")
    def view() -> str:
        try:
            write_late(app, runs)
        except Exception as error:
            seen.append(error)
            raise

        return ""

    @app.errorhandler(Exception)
    def note(error: Exception) -> str:
        seen.append(error)
        return ""

    assert app.test_client().get("/probe").status_code == 200
    assert runs == [0, 1]
    assert seen == []


def test_a_safe_request_writes_around_what_it_writes_over_another_connection(
    app: Flask,
) -> None:
    runs = []

    @app.get("/probe")
    def view() -> str:
        counter = db.session.get_one(Counter, 1)
        runs.append(counter.value)
        if len(runs) == 1:
            write_elsewhere(app)

        with db.engine.begin() as connection:
            connection.execute(text(ADD))

        counter.value += 1
        db.session.commit()
        return ""

    app.config["TESTING"] = False
    assert app.test_client().get("/probe").status_code == 200
    assert values(app) == [1, 2]


def test_what_a_safe_request_has_committed_is_not_done_again(app: Flask) -> None:
    @app.before_request
    def audit() -> None:
        db.session.get_one(Counter, 2).value += 1
        db.session.commit()

    app.add_url_rule("/probe", view_func=count)
    assert {it.status_code for it in ask(app)} == {200}
    assert values(app) == [CLIENTS, CLIENTS]


def test_what_a_thread_of_a_safe_request_has_committed_is_not_done_again(
    app: Flask,
) -> None:
    app.testing = False

    @app.get("/probe")
    def view() -> str:
        counter = db.session.get_one(Counter, 2)
        in_thread(count)
        counter.value += 1
        db.session.commit()
        return ""

    assert app.test_client().get("/probe").status_code == 503
    assert values(app) == [1, 0]


def test_what_a_request_inside_a_safe_one_has_committed_is_not_done_again(
    app: Flask,
) -> None:
    app.add_url_rule("/count", view_func=count, methods=["POST"])
    late = [False, True]

    @app.get("/probe")
    def view() -> str:
        counter = db.session.get_one(Counter, 2)
        app.test_client().post("/count")
        if late.pop(0):
            write_elsewhere(app)

        counter.value += 1
        db.session.commit()
        return ""

    app.config["TESTING"] = False
    client = app.test_client()
    assert [client.get("/probe").status_code for _ in range(2)] == [200, 503]
    assert late == []
    assert values(app)[0] == 2


def test_a_request_is_run_again_as_it_came(app: Flask) -> None:
    calls: list[int] = []

    @app.get("/probe")
    def view() -> str:
        db.session.get_one(Counter, 2).value += 1
        if len(calls) == 1:
            write_elsewhere(app)

        db.session.commit()
        return ""

    def note_call(environ: Any, start_response: Any) -> Any:
        environ["calls"] = environ.get("calls", 0) + 1
        calls.append(environ["calls"])
        return Flask.wsgi_app(app, environ, start_response)

    app.wsgi_app = run_in_manner(note_call)  # type: ignore[assignment, method-assign]
    assert app.test_client().get("/probe").status_code == 200
    assert calls == [1, 1]


def test_a_run_that_is_to_be_repeated_commits_nothing_more(app: Flask) -> None:
    runs: list[int] = []

    @app.get("/probe")
    def view() -> str:
        write_late(app, runs)
        return ""

    @app.teardown_request
    def count_visit(error: BaseException | None) -> None:
        db.session.rollback()
        count()

    assert app.test_client().get("/probe").status_code == 200
    assert runs == [0, 1]
    assert values(app) == [1, 11]


def test_an_endpoint_that_writes_late_after_a_commit_takes_its_turn_from_then_on(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writers, "LONG", 60)
    app.config["TESTING"] = False
    others = ThreadPoolExecutor(1)

    @app.get("/probe")
    def view() -> str:
        db.session.get_one(Counter, 1).value += 1
        db.session.commit()
        counter = db.session.get_one(Counter, 2)
        if "late" in request.args:
            wait([others.submit(add, app)], timeout=0.05)
            counter.value += 10
            db.session.commit()

        return ""

    client = app.test_client()
    with others:
        paths = ["/probe", "/probe?late", "/probe?late", "/probe", "/probe?late"]
        statuses = [client.get(path).status_code for path in paths]
        assert statuses == [200, 503, 200, 200, 200]

    assert values(app) == [5, 23]


def test_only_the_transaction_that_was_refused_is_a_writer_in_the_next_run(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writers, "LONG", 60)
    runs = []

    @app.before_request
    def note_visit() -> None:
        counter = db.session.get_one(Counter, 2)
        runs.append(counter.value)
        if len(runs) == 1:
            write_elsewhere(app)

        counter.value += 1
        db.session.flush()
        db.session.rollback()

    @app.get("/probe")
    def view() -> str:
        db.session.get_one(Counter, 1)
        return write_elsewhere(app)

    assert app.test_client().get("/probe").status_code == 200
    assert runs == [0, 1]


def add(app: Flask) -> None:
    with app.app_context():
        db.session.execute(text(ADD))
        db.session.commit()


def write_late(app: Flask, runs: list[int]) -> None:
    counter = db.session.get_one(Counter, 2)
    runs.append(counter.value)
    if len(runs) == 1:
        write_elsewhere(app)

    counter.value += 10
    db.session.commit()


def write_elsewhere(app: Flask) -> str:
    with ThreadPoolExecutor(1) as threads:
        threads.submit(add, app).result(timeout=5)

    return ""


def test_a_view_that_reads_after_a_commit_keeps_no_writer_waiting(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writers, "LONG", 60)

    @app.before_request
    def note_visit() -> None:
        db.session.get_one(Counter, 1).value += 1
        db.session.commit()

    @app.get("/probe")
    def view() -> str:
        db.session.get_one(Counter, 2)
        return write_elsewhere(app) if "now" in request.args else ""

    client = app.test_client()
    assert client.get("/probe").status_code == 200
    # What the first request has shown is known to the next one.
    assert client.get("/probe?now").status_code == 200


def test_the_response_of_a_run_that_is_repeated_is_closed_and_not_sent(
    app: Flask,
) -> None:
    started: list[str] = []
    responses: list[Response] = []
    closed: list[Response] = []

    def start_response(status: str, *details: object) -> Callable[[bytes], object]:
        started.append(status)
        return io.BytesIO().write

    @app.get("/probe")
    def view() -> str:
        counter = db.session.get_one(Counter, 2)
        if not responses:
            write_elsewhere(app)

        counter.value += 10
        try:
            db.session.commit()
        except:  # noqa: E722
            return "caught"

        return "written"

    @app.after_request
    def note(response: Response) -> Response:
        responses.append(response)
        response.call_on_close(lambda: closed.append(response))
        return response

    response = app(create_environ("/probe"), start_response)
    assert b"".join(response) == b"written"
    assert started == ["200 OK"]
    response.close()  # type: ignore[attr-defined]
    assert len(responses) == 2
    assert closed == responses
    assert values(app)[1] == 11


def test_the_request_can_be_seen_when_its_response_starts(app: Flask) -> None:
    seen: list[str | None] = []

    @app.get("/probe")
    def view() -> str:
        return ""

    def start_response(status: str, *details: object) -> Callable[[bytes], object]:
        seen.append(request.endpoint)
        return io.BytesIO().write

    response = app(create_environ("/probe"), start_response)
    assert b"".join(response) == b""
    response.close()  # type: ignore[attr-defined]
    assert seen == ["view"]


class SlowBody(io.BytesIO):
    """A body that somebody else can write before."""

    def __init__(self, app: Flask, data: bytes) -> None:
        super().__init__(data)
        self.app = app

    def readinto(self, buffer: Any) -> int:
        write_elsewhere(self.app)
        return super().readinto(buffer)


@pytest.mark.parametrize("how", ["form", "data", "stream"])
def test_a_body_is_received_before_the_lock_is_taken(app: Flask, how: str) -> None:
    @app.before_request
    def load_user() -> None:
        db.session.get_one(Counter, 1)

    @app.post("/probe")
    def edit() -> str:
        if how == "form":
            return request.form["name"]

        data = request.get_data() if how == "data" else request.stream.read()
        return data.decode()

    data = b"name=Ada"
    response = app.test_client().post(
        "/probe",
        input_stream=SlowBody(app, data),
        content_length=len(data),
        content_type="application/x-www-form-urlencoded",
    )
    assert response.text == ("Ada" if how == "form" else "name=Ada")
    assert values(app)[1] > 0


class BodyThatBreaksOff(io.RawIOBase):
    """A body whose client goes away, and of which a server then has no more."""

    def __init__(self) -> None:
        self.parts = [b"name", None]

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        part = self.parts.pop(0) if self.parts else b""
        if part is None:
            raise ConnectionResetError

        buffer[: len(part)] = part
        return len(part)


def test_a_body_that_breaks_off_is_not_taken_for_a_whole_one(app: Flask) -> None:
    @app.post("/probe")
    def edit() -> str:
        db.session.get_one(Counter, 1)
        return request.get_data(as_text=True)

    chunked = {"wsgi.input_terminated": True, "wsgi.input": BodyThatBreaksOff()}
    response = app.test_client().post("/probe", environ_overrides=chunked)
    assert response.status_code == 400


def test_a_body_can_be_read_while_the_response_is_sent(app: Flask) -> None:
    @app.post("/probe")
    def echo() -> Response:
        db.session.get_one(Counter, 1)
        stream = request.stream
        return Response(stream.read(2) for _ in range(2))

    assert app.test_client().post("/probe", data=b"body").text == "body"


def test_a_body_that_is_too_large_is_for_the_view_to_refuse(app: Flask) -> None:
    app.config["MAX_CONTENT_LENGTH"] = 3

    @app.post("/probe/<int:reads>")
    def edit(reads: int) -> str:
        db.session.get_one(Counter, 1)
        return str(len(request.get_data())) if reads else ""

    client = app.test_client()
    assert client.post("/probe/0", data=b"four").status_code == 200
    assert client.post("/probe/1", data=b"four").status_code == 413
    assert client.post("/probe/1", data=b"two").text == "3"
