"""Ways to break a generated project on purpose.

As a plugin of pytest, it has the option ``--break NAME`` for scenarios.
"""

import pytest

from tests.conftest import Project

# What is broken: the file, the text in it, and what takes its place.
BREAKS = {
    "no teardown": (
        "database/sessions.py",
        "opened.close()",
        "pass",
    ),
    "close forgotten on error": (
        "database/sessions.py",
        """        try:
            return tear_down(*args, **kwargs)
        finally:
            end(session)
""",
        """        if args == (None,):
            end(session)
        return tear_down(*args, **kwargs)
""",
    ),
    "teardown skipped when another fails": (
        "database/sessions.py",
        """        try:
            return tear_down(*args, **kwargs)
        finally:
            end(session)
""",
        """        result = tear_down(*args, **kwargs)
        end(session)
        return result
""",
    ),
    "thread-local scope": (
        "database/sessions.py",
        "context: AppContext = app_ctx._get_current_object()",
        "import threading; context: AppContext = threading.get_ident()",
    ),
    "one module-level session": (
        "database/sessions.py",
        "context: AppContext = app_ctx._get_current_object()",
        "context: AppContext = 'the only one'",
    ),
    "no rollback before the error handler": (
        "database/sessions.py",
        "            session.rollback()",
        "            pass",
    ),
    "no rollback before the handler of an error that is not caught": (
        "database/sessions.py",
        """    app.handle_exception = roll_back_before(  # type: ignore[method-assign]
        app.handle_exception, session
    )
""",
        "",
    ),
    "teardown tied to the request": (
        "database/sessions.py",
        "do_teardown_appcontext",
        "do_teardown_request",
    ),
    "a connection that died ruins a complete answer": (
        "database/sessions.py",
        "if not error.connection_invalidated:",
        "if True:",
    ),
    "no protection against dead connections": (
        "database/connections.py",
        "raise DisconnectionError",
        "print",
    ),
    "connections shared with a child process": (
        "database/forks.py",
        "engine.dispose(close=False)",
        "pass",
    ),
}

FLASK_SQLALCHEMY_BREAKS = {
    "a session that follows the current application": (
        "database/extension.py",
        "return bind or self.bind",
        "return super().get_bind(mapper, clause, bind, **kwargs)",
    ),
}

SQLITE_BREAKS = {
    "transactions that begin without a turn to write": (
        "database/turns.py",
        '"BEGIN IMMEDIATE"',
        '"BEGIN DEFERRED"',
    ),
    "readers that wait for writers": (
        "database/safe_requests.py",
        'sqlite_begin="DEFERRED"',
        "",
    ),
    "a safe request that wrote is not answered again": (
        "database/safe_requests.py",
        "raise RetryAsWriter",
        "pass",
    ),
    "no patience": (
        "database/turns.py",
        "if not is_locked(error) or time.monotonic() > deadline:",
        "if True:",
    ),
    "a nested context that waits for the outer one": (
        "database/turns.py",
        "if reads or holds_write_lock(connection.engine.url):",
        "if reads:",
    ),
    "a writer to one database reads from another": (
        "database/turns.py",
        "connection.engine.url",
        "URL.create('')",
    ),
    "only a view is answered again": (
        "database/safe_requests.py",
        "app.handle_exception = raise_if_retryable(",
        "app.unused = raise_if_retryable(",
    ),
    "a shell that keeps writers waiting": (
        "database/safe_requests.py",
        "g.read_only = True",
        "pass",
    ),
    "no foreign keys": (
        "database/connections.py",
        "foreign_keys = ON",
        "foreign_keys = OFF",
    ),
}

SERVER_BREAKS = {
    "every error is the application's fault": (
        "errors.py",
        'if is_temporary(getattr(error, "original_exception", None)):',
        "if False:",
    ),
    "a conflict is final": (
        "database/transactions.py",
        "if retry == retries or not is_conflict(error):",
        "if True:",
    ),
    "a conflict that a savepoint hides is final": (
        "database/failures.py",
        "error = error.orig.__context__",
        "return False",
    ),
    "a lost connection is the application's fault": (
        "database/failures.py",
        "return error.connection_invalidated or is_conflict(error)",
        "return is_conflict(error)",
    ),
    "a server that is down is the application's fault": (
        "database/connections.py",
        "context.is_disconnect = True",
        "pass",
    ),
    "a pool that is in use is the application's fault": (
        "database/failures.py",
        "return isinstance(error, TimeoutError)",
        "return False",
    ),
}

# Only what serves a project, or is in front of its database, can notice these.
SCENARIO_BREAKS = {
    "more patience than the settings say": (
        "database/settings.py",
        'number("DATABASE_TIMEOUT", float, default=30.0)',
        "30.0",
    ),
    "a round trip to look at a connection": (
        "database/connections.py",
        '"max_overflow": 0, ',
        '"max_overflow": 0, "pool_pre_ping": True, ',
    ),
    "prepared statements behind a pooler": (
        "database/settings.py",
        "driver.POOLER_CONNECT_ARGS if pooler else {}",
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
