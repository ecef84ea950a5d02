"""Ways to break a generated project on purpose.

As a plugin of pytest, it has the option ``--break NAME`` for scenarios.
"""

import pytest

from tests.conftest import Project

# What is broken: the file, the text in it, and what takes its place.
BREAKS = {
    "no teardown": (
        "database/sessions.py",
        "        session.end()",
        "        pass",
    ),
    "close forgotten on error": (
        "database/lifetimes.py",
        """        try:
            return tear_down(*args, **kwargs)
        finally:
""",
        """        result = tear_down(*args, **kwargs)
        if args[-1] is None:
""",
    ),
    "teardown skipped when another fails": (
        "database/lifetimes.py",
        """        try:
            return tear_down(*args, **kwargs)
        finally:
""",
        """        result = tear_down(*args, **kwargs)
        if True:
""",
    ),
    "thread-local scope": (
        "database/contexts.py",
        'return cast("LocalProxy[AppContext]", app_ctx)._get_current_object()',
        "import threading; return threading.current_thread()",
    ),
    "one module-level session": (
        "database/contexts.py",
        'return cast("LocalProxy[AppContext]", app_ctx)._get_current_object()',
        "return AppContext",
    ),
    "a request that takes over a context": (
        "database/contexts.py",
        "token = _cv_app.set(NO_CONTEXT)",
        "token = _cv_app.set(_cv_app.get(None))",
    ),
    "a request that leaves a context hidden": (
        "database/contexts.py",
        "_cv_app.reset(tokens[-1])",
        "pass",
    ),
    "a command that takes over a context": (
        "database/contexts.py",
        "if not has_app_context():",
        "if True:",
    ),
    "a session that outlives its thread": (
        "database/sessions.py",
        "= WeakKeyDictionary()",
        "= {}",
    ),
    "a session that opens again": (
        "database/sessions.py",
        "close_resets_only=False, ",
        "",
    ),
    "a stream without the session of its view": (
        "database/lifetimes.py",
        "if not streams.is_needed(context, args[-1]):",
        "if True:",
    ),
    "a stream that ends without its session": (
        "database/streams.py",
        "response.call_on_close(end)",
        "pass",
    ),
    "threads that use a session at the same time": (
        "database/threads.py",
        "with session.lock:",
        "if True:",
    ),
    "a session that ends while a thread uses it": (
        "database/sessions.py",
        "with self.lock:",
        "if True:",
    ),
    "a forgotten commit is not noticed": (
        "database/unsaved.py",
        "note(session)\n\n        return",
        "pass\n\n        return",
    ),
    "a commit is missed where there was one": (
        "database/unsaved.py",
        "if not session.in_nested_transaction():",
        "if False:",
    ),
    "a command's forgotten commit is not noticed": (
        "database/lifetimes.py",
        "unsaved.expect_of_command(sessions(), args[-1])",
        "pass",
    ),
    "no rollback before the error handler": (
        "database/sessions.py",
        "        sessions.rollback()",
        "        pass",
    ),
    "no rollback before the handler of an extension": (
        "database/lifetimes.py",
        '        ("dispatch_request", roll_back_after_error),\n',
        "",
    ),
    "no rollback before the handler of an error that is not caught": (
        "database/lifetimes.py",
        '        ("handle_exception", roll_back_before),\n',
        "",
    ),
    "a hook that fails keeps handlers from running": (
        "database/sessions.py",
        "    except Exception:",
        "    except ZeroDivisionError:",
    ),
    "teardown tied to the request": (
        "database/lifetimes.py",
        "do_teardown_appcontext",
        "do_teardown_request",
    ),
    "a connection that died ruins a complete answer": (
        "database/sessions.py",
        "    except DBAPIError:",
        "    except ZeroDivisionError:",
    ),
    "no protection against dead connections": (
        "database/connections.py",
        "raise DisconnectionError",
        "print",
    ),
    "connections shared with a child process": (
        "database/forks.py",
        "def forget() -> None:\n",
        "def forget() -> None:\n    return\n",
    ),
    "sessions shared with a child process": (
        "database/forks.py",
        "        disown(record)\n\n    records.clear()",
        "        pass\n\n    records.clear()",
    ),
}

# Of a server, and noticed on PostgreSQL.
POSTGRESQL_BREAKS = {
    "a result that is read in a stranger's transaction": (
        "database/leftovers.py",
        "if is_open(cursor):",
        "if False:",
    ),
    "an aborted transaction is committed": (
        "database/commits.py",
        "if driver.has_failed(connection.connection.dbapi_connection):",
        "if False:",
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
        "g.reads_in_thread = threading.get_ident()\n    return",
        "return",
    ),
    "a context inside a shell keeps writers waiting": (
        "database/safe_requests.py",
        "app.app_context = inherit(",
        "app.unused = inherit(",
    ),
    "a context that is handed to another thread has no turn to write": (
        "database/safe_requests.py",
        'g.get("reads_in_thread") == threading.get_ident()',
        '"reads_in_thread" in g',
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
        "return error.connection_invalidated or ",
        "return ",
    ),
    "a lost connection that was swallowed is the application's fault": (
        "database/failures.py",
        "return error.code == CONNECTION_WAS_LOST",
        "return False",
    ),
    "connections that keep what a request has changed": (
        "database/leftovers.py",
        'info["changed"] = True',
        'info["changed"] = False',
    ),
    "connections that keep their autocommit": (
        "database/leftovers.py",
        'driver.autocommit(connection) != record.info["autocommit"]',
        "False",
    ),
    "threads that use a connection at the same time": (
        "database/locks.py",
        '        with arguments[-1].root_connection.info["lock"]:',
        "        if True:",
    ),
    "no connection for a nested context": (
        "database/pools.py",
        "if self.is_exhausted() and thread in self.holders.values():",
        "if False:",
    ),
    "connections for everybody": (
        "database/pools.py",
        " and thread in self.holders.values()",
        "",
    ),
    "locks that are waited for without a limit": (
        "database/waiting.py",
        "cursor.execute(statement)",
        "pass",
    ),
    "a migration that does not say what it waited for": (
        "database/migrations.py",
        "if is_temporary(error):",
        "if False:",
    ),
    "rows that are missing without an error": (
        "database/leftovers.py",
        "            refuse_rows(cursor)\n",
        "",
    ),
    "a wrong URL is not named": (
        "database/mistakes.py",
        "if part is not None:",
        "if False:",
    ),
    "a transaction that has ended is committed": (
        "database/commits.py",
        "        raise error",
        "        pass",
    ),
    "a transaction that has not begun is committed": (
        "database/transactions.py",
        "finished(work())",
        "work()",
    ),
    "connections of another process": (
        "database/connections.py",
        "if is_inherited(record):",
        "if False:",
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

ALL = (
    BREAKS
    | FLASK_SQLALCHEMY_BREAKS
    | POSTGRESQL_BREAKS
    | SQLITE_BREAKS
    | SERVER_BREAKS
    | SCENARIO_BREAKS
)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--break", choices=ALL, help="break the projects first")


def break_project(project: Project, name: str) -> None:
    file, old, new = ALL[name]
    path = project.package / file
    text = path.read_text()
    assert old in text, f"{path} has changed: {old!r} is not in it"
    path.write_text(text.replace(old, new))
