"""What db.session promises, as described in ``sessions.py``."""

import threading
from collections.abc import Callable
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any
from unittest.mock import Mock

import pytest
from flask import abort
from flask import Flask
from flask import redirect
from flask import Response
from flask import stream_with_context
from helpers import config_for_tests
from helpers import connections_in_use
from helpers import dispose
from helpers import tables
from sqlalchemy import event
from sqlalchemy import make_url
from sqlalchemy import select
from sqlalchemy import String
from sqlalchemy.exc import IntegrityError
from sqlalchemy.exc import InvalidRequestError
from sqlalchemy.orm import DeclarativeBase
from sqlalchemy.orm import Mapped
from sqlalchemy.orm import mapped_column

from my_flask_app.app import create_app
from my_flask_app.database import db


class Base(DeclarativeBase):
    pass


class Note(Base):
    __tablename__ = "session_test_notes"

    text: Mapped[str] = mapped_column(String(50), primary_key=True)


class Interruption(BaseException):
    """Like KeyboardInterrupt, SystemExit and GreenletExit not an Exception."""


@pytest.fixture(autouse=True)
def notes(app: Flask) -> Iterator[None]:
    with tables(app, Base.metadata):
        yield


def saved_notes(app: Flask) -> list[str]:
    with app.app_context():
        return list(db.session.scalars(select(Note.text).order_by(Note.text)))


def write(text: str) -> None:
    db.session.add(Note(text=text))
    db.session.flush()


def test_outside_of_a_context_there_is_a_clear_error() -> None:
    with pytest.raises(RuntimeError, match="outside of application context"):
        db.session()


def test_a_request_that_needs_no_session_opens_none(app: Flask) -> None:
    @app.get("/probe")
    def probe() -> str:
        return str(db.session.registry.has())

    assert app.test_client().get("/probe").text == "False"


def test_a_context_has_one_session(app: Flask) -> None:
    with app.app_context():
        assert db.session() is db.session()


def test_every_request_has_its_own_session(app: Flask) -> None:
    seen = []

    @app.get("/probe")
    def probe() -> str:
        seen.append(db.session())
        return ""

    app.test_client().get("/probe")
    app.test_client().get("/probe")
    assert seen[0] is not seen[1]


def test_what_was_committed_stays(app: Flask) -> None:
    with app.app_context():
        write("kept")
        db.session.commit()

    assert saved_notes(app) == ["kept"]


def succeed() -> str:
    write("lost")
    return ""


def fail() -> str:
    write("lost")
    raise RuntimeError


def give_up() -> str:
    write("lost")
    abort(404)


def be_interrupted() -> str:
    write("lost")
    raise Interruption


@pytest.mark.parametrize("view", [succeed, fail, give_up, be_interrupted])
def test_however_a_request_ends_nothing_is_left_behind(
    app: Flask, view: Callable[[], str]
) -> None:
    app.add_url_rule("/probe", view_func=view, methods=["POST"])
    # From Flask 3.2 on, UncommittedChanges come in a group.
    with suppress(Exception, Interruption):
        app.test_client().post("/probe")

    assert connections_in_use(app) == 0
    assert not db.session.registry.registry
    assert saved_notes(app) == []


def test_a_client_that_disconnects_leaves_nothing_behind(app: Flask) -> None:
    @app.post("/probe")
    def probe() -> Iterator[str]:
        def stream() -> Iterator[str]:
            write("lost")
            yield "first"
            yield "never asked for"

        return stream_with_context(stream())

    response = app.test_client().post("/probe", buffered=False)
    assert next(response.iter_encoded()) == b"first"
    assert connections_in_use(app) == 1

    response.close()
    assert connections_in_use(app) == 0
    assert saved_notes(app) == []


def test_a_failing_teardown_function_of_others_leaves_nothing_behind(
    app: Flask,
) -> None:
    @app.teardown_appcontext
    def fail(error: BaseException | None) -> None:
        db.session()
        raise RuntimeError("a teardown function of others fails")

    # From Flask 3.2 on, what is raised is a group of all errors.
    with pytest.raises(Exception, match="teardown"), app.app_context():
        write("lost")

    app.teardown_appcontext_funcs.remove(fail)
    assert connections_in_use(app) == 0
    assert not db.session.registry.registry
    assert saved_notes(app) == []


@pytest.mark.parametrize("handled", [Exception, IntegrityError])
def test_after_a_database_error_its_handler_can_use_the_session(
    app: Flask, handled: type[Exception]
) -> None:
    @app.post("/probe")
    def probe() -> str:
        write("once")
        write("once")
        return ""

    @app.errorhandler(handled)
    def page(error: Exception) -> str:
        return f"{db.session.scalars(select(Note.text)).all()} are saved"

    assert app.test_client().post("/probe").text == "[] are saved"


def test_after_a_database_error_the_error_page_renders(app: Flask) -> None:
    app.config["PROPAGATE_EXCEPTIONS"] = False

    @app.post("/probe")
    def probe() -> str:
        write("once")
        write("once")
        return ""

    @app.context_processor
    def ask_the_database() -> dict[str, int]:
        return {"number_of_notes": len(db.session.scalars(select(Note)).all())}

    response = app.test_client().post("/probe")
    assert response.status_code == 500
    assert "<h1>Internal Server Error</h1>" in response.text


def test_after_an_error_behind_the_view_the_error_page_renders(app: Flask) -> None:
    app.config["PROPAGATE_EXCEPTIONS"] = False

    @app.post("/probe")
    def probe() -> str:
        return ""

    @app.after_request
    def fail(response: Response) -> Response:
        write("once")
        write("once")
        return response

    @app.errorhandler(500)
    def page(error: Exception) -> str:
        app.after_request_funcs.clear()
        return f"{db.session.scalars(select(Note.text)).all()} are saved"

    assert app.test_client().post("/probe").text == "[] are saved"


def test_after_an_error_in_a_handler_the_error_page_renders(app: Flask) -> None:
    app.config["PROPAGATE_EXCEPTIONS"] = False

    @app.post("/probe")
    def probe() -> str:
        raise LookupError

    @app.errorhandler(LookupError)
    def fail(error: LookupError) -> str:
        write("once")
        write("once")
        return ""

    @app.errorhandler(500)
    def page(error: Exception) -> str:
        return f"{db.session.scalars(select(Note.text)).all()} are saved"

    assert app.test_client().post("/probe").text == "[] are saved"


def handle_first_in(app: Flask, method: str, error: type[Exception]) -> None:
    """Replace a method of ``app`` as some extensions do, to handle its errors first."""
    handle = getattr(app, method)

    def handle_first(*args: Any) -> object:
        # From Flask 3.2 on, the context comes before the error.
        if isinstance(args[-1], error):
            notes = db.session.scalars(select(Note.text)).all()
            return app.response_class(f"{notes} are saved")

        return handle(*args)

    setattr(app, method, handle_first)


@pytest.mark.parametrize(
    ("method", "place"),
    [
        ("handle_user_exception", "before_request"),
        ("handle_user_exception", "view"),
        ("handle_exception", "after_request"),
    ],
)
def test_extensions_that_handle_errors_first_can_use_the_session(
    app: Flask, method: str, place: str
) -> None:
    handle_first_in(app, method, IntegrityError)

    def write_twice(*_: object) -> None:
        write("once")
        write("once")

    @app.post("/probe")
    def probe() -> str:
        if place == "view":
            write_twice()

        return ""

    if place != "view":
        getattr(app, place)(write_twice)

    assert app.test_client().post("/probe").text == "[] are saved"


@pytest.mark.parametrize("hook", ["after_commit", "after_rollback"])
def test_a_hook_of_the_session_that_fails_keeps_no_handler_from_running(
    app: Flask, hook: str
) -> None:
    @app.post("/probe")
    def probe() -> str:
        def fail(session: object) -> None:
            raise LookupError

        event.listen(db.session(), hook, fail)
        write("new")
        db.session.commit()
        raise LookupError

    @app.errorhandler(LookupError)
    def page(error: LookupError) -> str:
        return f"{db.session.scalars(select(Note.text)).all()} are saved"

    assert app.test_client().post("/probe").text == "['new'] are saved"
    assert connections_in_use(app) == 0


def test_nobody_finds_a_session_that_could_not_be_closed(app: Flask) -> None:
    def fail(session: object, transaction: object) -> None:
        raise LookupError("a hook fails during the teardown")

    context = app.app_context()
    # From Flask 3.2 on, it comes in a group.
    with pytest.raises(Exception, match="teardown"), context:
        event.listen(db.session(), "after_transaction_end", fail)
        write("lost")

    assert context not in db.session.registry.registry
    assert connections_in_use(app) == 0
    assert saved_notes(app) == []


def test_a_session_that_is_kept_past_its_context_stays_ended(app: Flask) -> None:
    with app.app_context():
        session = db.session()
        query = session.query(Note)
        session.close()
        assert query.all() == []

    for use in (query.all, session.connection):
        with pytest.raises(InvalidRequestError, match="permanently closed"):
            use()

    assert connections_in_use(app) == 0


def test_a_session_that_was_invalidated_can_be_used_again(app: Flask) -> None:
    with app.app_context():
        write("lost")
        db.session().invalidate()
        assert db.session.scalars(select(Note)).all() == []


def test_what_has_only_been_read_is_rolled_back_once(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    with app.app_context():
        db.session.connection()
        dialect = db.engine.dialect
        roll_back = Mock(wraps=dialect.do_rollback)
        monkeypatch.setattr(dialect, "do_rollback", roll_back)

    assert roll_back.call_count == 1


def test_an_answer_that_was_raised_is_no_error(app: Flask) -> None:
    @app.post("/probe")
    def probe() -> str:
        write("kept")
        abort(redirect("/elsewhere", 303))

    @app.after_request
    def commit(response: Response) -> Response:
        db.session.commit()
        return response

    assert app.test_client().post("/probe").status_code == 303
    assert saved_notes(app) == ["kept"]


def test_a_nested_context_has_its_own_session(app: Flask) -> None:
    with app.app_context():
        write("outer")
        outer = db.session()
        with app.app_context():
            assert db.session() is not outer
            assert db.session.scalars(select(Note)).all() == []

        assert db.session() is outer
        assert connections_in_use(app) == 1
        db.session.commit()

    assert saved_notes(app) == ["outer"]


def test_threads_at_the_same_time_have_their_own_sessions(app: Flask) -> None:
    count = 5
    barrier = threading.Barrier(count, timeout=10)

    @app.get("/probe")
    def probe() -> str:
        session = db.session()
        barrier.wait()
        return str(id(session))

    with ThreadPoolExecutor(count) as threads:
        requests = [
            threads.submit(app.test_client().get, "/probe") for _ in range(count)
        ]

    assert len({request.result().text for request in requests}) == count


def test_a_thread_that_pushes_a_context_leaves_nothing_behind(app: Flask) -> None:
    def work() -> None:
        with app.app_context():
            write("lost")

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert connections_in_use(app) == 0
    assert saved_notes(app) == []


def test_a_command_that_fails_leaves_nothing_behind(app: Flask) -> None:
    @app.cli.command("probe")
    def probe() -> None:
        write("lost")
        raise LookupError

    assert app.test_cli_runner().invoke(args=["probe"]).exit_code == 1
    assert connections_in_use(app) == 0
    assert saved_notes(app) == []


@pytest.fixture
def other_app(migrated_database: str) -> Iterator[Flask]:
    app = create_app(config_for_tests(migrated_database))
    yield app
    dispose(app)


def test_two_applications_never_mix(app: Flask, other_app: Flask) -> None:
    with app.app_context():
        session = db.session()
        engine = db.engine
        with other_app.app_context():
            assert db.engine is not engine
            assert db.session.connection().engine is db.engine
            assert session.connection().engine is engine


def test_an_application_without_a_database_is_a_clear_error() -> None:
    with Flask("other").app_context(), pytest.raises(RuntimeError, match="init_app"):
        db.session()


def test_a_second_initialization_is_refused(app: Flask) -> None:
    with app.app_context():
        engine = db.engine
        with pytest.raises(RuntimeError):
            db.init_app(app)

        assert db.engine is engine


@pytest.mark.parametrize("kind", [str, make_url])
def test_the_url_of_the_database_may_be_text(
    migrated_database: str, kind: Callable[[str], object]
) -> None:
    app = Flask("other")
    app.config["SQLALCHEMY_DATABASE_URI"] = kind(migrated_database)
    db.init_app(app)
    with app.app_context():
        db.session.connection()

    dispose(app)


def test_initialization_calls_no_teardown_function(migrated_database: str) -> None:
    app = Flask("other")
    app.config["SQLALCHEMY_DATABASE_URI"] = migrated_database
    called: list[BaseException | None] = []
    app.teardown_appcontext(called.append)
    db.init_app(app)
    assert called == []
    dispose(app)
    assert called == [None]


def test_a_missing_url_is_a_clear_error() -> None:
    with pytest.raises(RuntimeError, match="SQLALCHEMY_DATABASE_URI"):
        db.init_app(Flask("other"))
