"""Ways to break a generated project on purpose.

As a plugin of pytest, it has the option ``--break NAME`` for scenarios.
"""

import pytest

from tests.conftest import Project

# What is broken: the file, the text in it, and what takes its place.
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

SERVER_BREAKS = {
    "every error is the application's fault": (
        "errors.py",
        "if is_temporary(error.original_exception):",
        "if False:",
    ),
    "a conflict is final": (
        "transactions.py",
        "if retry == retries or not is_conflict(error):",
        "if True:",
    ),
    "a conflict that a savepoint hides is final": (
        "connections.py",
        "error = driver_error.__context__",
        "return False",
    ),
    "a lost connection is the application's fault": (
        "connections.py",
        "return error.connection_invalidated or is_conflict(error)",
        "return is_conflict(error)",
    ),
    "a server that is down is the application's fault": (
        "connections.py",
        "context.is_disconnect = True",
        "pass",
    ),
    "a pool that is in use is the application's fault": (
        "connections.py",
        "return isinstance(error, TimeoutError)",
        "return False",
    ),
}

# Only what serves a project, or is in front of its database, can notice these.
SCENARIO_BREAKS = {
    "connections shared with a child process": (
        "connections.py",
        "engine.dispose(close=False)",
        "pass",
    ),
    "more patience than the settings say": (
        "config.py",
        'number("DATABASE_TIMEOUT", float, default=30.0)',
        "30.0",
    ),
    "a round trip to look at a connection": (
        "connections.py",
        '{"max_overflow": 0}',
        '{"max_overflow": 0, "pool_pre_ping": True}',
    ),
    "prepared statements behind a pooler": (
        "config.py",
        '{"prepare_threshold": None}',
        "{}",
    ),
    "no patience with requests when it stops": (
        "../../gunicorn.conf.py",
        "workers = ",
        "graceful_timeout = 0\nworkers = ",
    ),
    "a patch that comes too late": (
        "../../gunicorn.conf.py",
        "import my_flask_app.greenlets",
        "timeout = 5\nimport gevent",
    ),
}

ALL = BREAKS | FLASK_SQLALCHEMY_BREAKS | SQLITE_BREAKS | SERVER_BREAKS | SCENARIO_BREAKS


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--break", choices=ALL, help="break the projects first")


def break_project(project: Project, name: str) -> None:
    file, old, new = ALL[name]
    path = project.package / file
    text = path.read_text()
    assert old in text, f"{path} has changed: {old!r} is not in it"
    path.write_text(text.replace(old, new))
