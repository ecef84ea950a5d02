"""A project whose sessions are broken on purpose fails its own tests."""

import pytest

from tests.conftest import Bake
from tests.conftest import CHOICES
from tests.conftest import Project
from tests.conftest import url_of

# What is broken: the module, the text in it, and what takes its place.
BREAKS = {
    "no teardown": (
        "sessions.py",
        "opened.close()",
        "pass",
    ),
    "close forgotten on error": (
        "sessions.py",
        """        try:
            return function(*args, **kwargs)
        finally:
            last()
""",
        """        if args == (None,):
            last()
        return function(*args, **kwargs)
""",
    ),
    "teardown skipped when another fails": (
        "sessions.py",
        """        try:
            return function(*args, **kwargs)
        finally:
            last()
""",
        """        result = function(*args, **kwargs)
        last()
        return result
""",
    ),
    "thread-local scope": (
        "sessions.py",
        "context: AppContext = app_ctx._get_current_object()",
        "import threading; context: AppContext = threading.get_ident()",
    ),
    "one module-level session": (
        "sessions.py",
        "context: AppContext = app_ctx._get_current_object()",
        "context: AppContext = 'the only one'",
    ),
    "no rollback before the error handler": (
        "sessions.py",
        "            session.rollback()",
        "            pass",
    ),
    "no rollback before the handler of an error that is not caught": (
        "sessions.py",
        """    app.handle_exception = run_first(  # type: ignore[method-assign]
        roll_back, app.handle_exception
    )
""",
        "",
    ),
    "teardown tied to the request": (
        "sessions.py",
        "do_teardown_appcontext",
        "do_teardown_request",
    ),
    "a connection that died ruins a complete answer": (
        "sessions.py",
        "if not error.connection_invalidated:",
        "if True:",
    ),
    "no protection against dead connections": (
        "connections.py",
        "raise DisconnectionError",
        "print",
    ),
}

FLASK_SQLALCHEMY_BREAKS = {
    "a session that follows the current application": (
        "database.py",
        "return bind or self.bind",
        "return super().get_bind(mapper, clause, bind, **kwargs)",
    ),
}

SQLITE_BREAKS = {
    "transactions that begin without a turn to write": (
        "connections.py",
        '"BEGIN IMMEDIATE"',
        '"BEGIN DEFERRED"',
    ),
    "readers that wait for writers": (
        "safe_requests.py",
        'sqlite_begin="DEFERRED"',
        "",
    ),
    "a safe request that wrote is not answered again": (
        "safe_requests.py",
        "raise RetryAsWriter",
        "pass",
    ),
    "no patience": (
        "connections.py",
        'if "locked" not in str(error) or time.monotonic() > deadline:',
        "if True:",
    ),
    "a nested context that waits for the outer one": (
        "connections.py",
        "if reads or holds_write_lock(connection.engine.url):",
        "if reads:",
    ),
    "a writer to one database reads from another": (
        "connections.py",
        "connection.engine.url",
        "URL.create('')",
    ),
    "only a view is answered again": (
        "safe_requests.py",
        "raise_if_retryable(app.handle_exception)",
        "app.handle_exception",
    ),
    "a shell that keeps writers waiting": (
        "safe_requests.py",
        "g.read_only = True",
        "pass",
    ),
    "no foreign keys": (
        "connections.py",
        "foreign_keys = ON",
        "foreign_keys = OFF",
    ),
}


def cases() -> list[object]:
    flask_sqlalchemy, sqlalchemy = CHOICES["sqlalchemy_layer"]
    return [
        pytest.param(database, layer, break_, id=f"{layer}-{name}")
        for database, layer, breaks in [
            ("PostgreSQL", flask_sqlalchemy, BREAKS | FLASK_SQLALCHEMY_BREAKS),
            ("PostgreSQL", sqlalchemy, BREAKS),
            ("SQLite", sqlalchemy, SQLITE_BREAKS),
        ]
        for name, break_ in breaks.items()
    ]


@pytest.mark.parametrize(("database", "layer", "break_"), cases())
def test_a_break_is_caught(
    request: pytest.FixtureRequest,
    bake: Bake,
    database: str,
    layer: str,
    break_: tuple[str, str, str],
) -> None:
    url = url_of(database, request)
    project = bake(database_url=url, sqlalchemy_layer=layer)
    break_it(project, *break_)
    result = project.try_python(
        *("-m", "pytest", "-x", "-p", "no:cacheprovider", "-W", "default"),
        *("tests/test_sessions.py", "tests/test_connections.py"),
        DATABASE_TIMEOUT="2",
    )
    assert result.returncode == 1, result.stdout
    assert " failed" in result.stdout


def break_it(project: Project, module: str, old: str, new: str) -> None:
    path = project.package / module
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))
