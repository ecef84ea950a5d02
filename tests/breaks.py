"""Ways to break a generated project on purpose.

As a plugin of pytest, it has the option ``--break NAME`` for scenarios.
"""

from pathlib import Path

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
        "context = _cv_app.get(None)",
        "import threading; return threading.current_thread()",
    ),
    "one module-level session": (
        "database/contexts.py",
        "context = _cv_app.get(None)",
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
    "a session that a view closes for good": (
        "database/sessions.py",
        "super().reset",
        "super().close",
    ),
    "a session that cannot be closed is found again": (
        "database/sessions.py",
        "registry.pop(context, None)\n",
        """registry.get(context)
    if session is not None:
        session.end()
        sessions.registry.registry.pop(context)
""",
    ),
    "a session for every request": (
        "database/lifetimes.py",
        "            return method(*args, **kwargs)",
        "            sessions()\n            return method(*args, **kwargs)",
    ),
    "a stream without the session of its view": (
        "database/lifetimes.py",
        "if not streams.is_needed(session, error):",
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
        "database/changes.py",
        "note(session)\n\n        return",
        "pass\n\n        return",
    ),
    "what is written elsewhere opens a connection here": (
        "database/changes.py",
        "transaction = session.get_nested",
        "session.connection(); transaction = session.get_nested",
    ),
    "a commit is missed where there was one": (
        "database/changes.py",
        "if savepoint is None:",
        "if savepoint:",
    ),
    "a command's forgotten commit is not noticed": (
        "database/lifetimes.py",
        "unsaved.expect_of_command(session, error)",
        "pass",
    ),
    "a stream that an error prevents keeps its connection": (
        "database/lifetimes.py",
        "streams.give_up(sessions())",
        "pass",
    ),
    "a stream without its session while an error is handled": (
        "database/lifetimes.py",
        "if not streams",
        "import sys\n                if sys.exc_info()[1] or not streams",
    ),
    "a stream that nobody closes keeps its connection": (
        "database/streams.py",
        "session.info[STREAM] = ref(stream)",
        "session.info[STREAM] = lambda: stream",
    ),
    "an answer that was raised is rolled back": (
        "database/lifetimes.py",
        "if not is_answer(error):",
        "if True:",
    ),
    "a session that is rolled back twice": (
        "database/sessions.py",
        "                if autoclose:\n",
        "                if False:\n",
    ),
    "a session that was invalidated is closed for good": (
        "database/sessions.py",
        "self._close_impl(invalidate=True, is_reset=True)",
        "super().invalidate()",
    ),
    "a download that keeps a connection": (
        "database/streams.py",
        " and holds(stream, context)",
        "",
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
    "no rollback before the handler of an extension, before the view": (
        "database/lifetimes.py",
        '        ("preprocess_request", roll_back_after_error),\n',
        "",
    ),
    "no rollback before the handler of an extension, after the view": (
        "database/lifetimes.py",
        '        ("process_response", roll_back_after_error),\n',
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
    "a child process that finds the session of its parent": (
        "database/forks.py",
        "registry.clear()",
        "pass",
    ),
    "more patience than the settings say": (
        "database/settings.py",
        'number("DATABASE_TIMEOUT", default=30)',
        "30",
    ),
}

# Of a server, and noticed on PostgreSQL.
POSTGRESQL_BREAKS = {
    "a conflict that was caught while the session flushed is final": (
        "database/transactions.py",
        "(error, caught)",
        "(error,)",
    ),
    "nothing is known of what has failed before": (
        "database/commits.py",
        'orig.__context__ = connection.info.get("failed_by")',
        "pass",
    ),
    "a commit that is refused hides why": (
        "database/commits.py",
        "error.__cause__ = failed_by",
        "pass",
    ),
    "transactions of tests that begin anew": (
        "database/transactions.py",
        " or isinstance(db.session.get_bind(), Connection)",
        "",
    ),
    "a result that is read in a stranger's transaction": (
        "database/leftovers.py",
        "any(map(is_open, ",
        "any(map(lambda _: False, ",
    ),
    "a socket shared with a child process": (
        "database/forks.py",
        "cut_off(fileno(connection))",
        "pass",
    ),
    "no time-out for a server that does not answer": (
        "database/driver.py",
        '{"connect_timeout": 10, "client_encoding": "utf8"}',
        "{}",
    ),
    "a lost connection that only its code tells of": (
        "database/connections.py",
        " or code in dialect.LOST",
        "",
    ),
    "a server that has become read-only is asked again": (
        "database/connections.py",
        " or is_read_only(connection, context)",
        "",
    ),
    "a transaction that is to read is taken for a standby's": (
        "database/connections.py",
        " and not is_asked_for",
        "",
    ),
    "several hosts without their ports": (
        "database/urls.py",
        "make_url(with_hosts_in_query(text) or url)",
        "make_url(text or url)",
    ),
    "a serialization failure is final": (
        "database/dialect.py",
        '"40001", ',
        "",
    ),
    "a lower limit of the server is raised": (
        "database/dialect.py",
        "AND setting::int NOT BETWEEN 1 AND {milliseconds}",
        "",
    ),
    "a deadlock is final": (
        "database/dialect.py",
        ', "40P01"',
        "",
    ),
    "a full disk is the application's fault": (
        "database/dialect.py",
        '"53100", ',
        "",
    ),
    "prepared statements behind a pooler": (
        "database/settings.py",
        "driver.POOLER_CONNECT_ARGS if pooler else {}",
        "{}",
    ),
    "a refused commit leaves its transaction to the next request": (
        "database/commits.py",
        "            engine.dialect.do_rollback(connection)\n",
        "",
    ),
    "an aborted transaction is committed": (
        "database/commits.py",
        "driver.has_failed(connection.dbapi_connection)",
        "False",
    ),
    "connections that are left open at exit": (
        "database/forks.py",
        "atexit.register(close_connections)\n",
        "",
    ),
    "a query that goes on for a killed process": (
        "database/dialect.py",
        "ELSE '2s'",
        "ELSE '0'",
    ),
}

SQLALCHEMY_BREAKS = {
    "settings that have no effect": (
        "database/extension.py",
        "if app.config.get(name):",
        "if False:",
    ),
    "statements are not logged": (
        "database/extension.py",
        '{"echo": echo, **',
        "{**",
    ),
    "one engine for all applications": (
        "database/extension.py",
        "= create_engine(url, **options)",
        '= self.__dict__.setdefault("one", create_engine(url, **options))',
    ),
}

FLASK_SQLALCHEMY_BREAKS = {
    "initialization calls the teardown functions of others": (
        "database/contexts.py",
        "    app.teardown_appcontext_funcs = []\n",
        "",
    ),
    "a second database": (
        "database/extension.py",
        'if app.config.get("SQLALCHEMY_BINDS"):',
        "if False:",
    ),
    "a session that ends before its stream": (
        "database/extension.py",
        "del app.teardown_appcontext_funcs[others:]",
        "pass",
    ),
    "a session that follows the current application": (
        "database/extension.py",
        "return super(Session, self)",
        "return super()",
    ),
}

SQLITE_BREAKS = {
    "a worker that carries Alembic around": (
        "database/commands.py",
        "from flask.cli import with_appcontext\n",
        "from flask.cli import with_appcontext\n\nfrom . import alembic_commands\n",
    ),
    "two heads without a remedy": (
        "database/alembic_commands.py",
        "if not isinstance(error.__cause__, MultipleHeads):",
        "if True:",
    ),
    "migrations that drop tables of others": (
        "database/autogenerate.py",
        '    "include_object": is_ours,\n',
        "",
    ),
    "a default that changes without a word": (
        "database/autogenerate.py",
        '"compare_server_default": has_changed',
        '"compare_server_default": False',
    ),
    "a migration that is written without a warning": (
        "database/migration_warnings.py",
        "        *demands(every),\n",
        "",
    ),
    "a migration that a running version cannot live with": (
        "database/migration_files.py",
        "return name in REMOVING",
        "return False",
    ),
    "members of an enum that go without a word": (
        "database/autogenerate.py",
        "    name_lost(refuse=",
        "    bool(",
    ),
    "members of an enum that are named but not refused": (
        "database/autogenerate.py",
        "if lines and refuse:",
        "if False:",
    ),
    "an enum that is compared before it is text": (
        "database/enum_members.py",
        'isinstance(it["type"], String) and not isinstance(it["type"], Enum)',
        "True",
    ),
    "moments without their time zone": (
        "times.py",
        "return value.replace(tzinfo=timezone.utc)",
        "return value",
    ),
    "transactions that begin without a turn to write": (
        "database/turns.py",
        '"BEGIN IMMEDIATE"',
        '"BEGIN DEFERRED"',
    ),
    "readers that wait for writers": (
        "database/runs.py",
        "return connection.info[NUMBER] not in self.writers",
        "return False",
    ),
    "a safe request that wrote is not answered again": (
        "database/runs.py",
        "            self.refused = refused\n            raise RunAgain",
        "            pass",
    ),
    "a run that is to be repeated raises what views catch": (
        "database/manners.py",
        "class RunAgain(BaseException)",
        "class RunAgain(Exception)",
    ),
    "a run that is to be repeated commits something": (
        "database/runs.py",
        "        if self.refused is not None:\n            raise RunAgain\n",
        "        pass\n",
    ),
    "an endpoint that writes late after a commit is known to read": (
        "database/runs.py",
        " and not self.is_refused",
        "",
    ),
    "an endpoint that wrote late after a commit is forgiven": (
        "database/runs.py",
        "= earlier and only_read",
        "= only_read",
    ),
    "what is committed is done again": (
        "database/runs.py",
        "not (self.commits or ",
        "not (",
    ),
    "all transactions of a further run are writers": (
        "database/safe_requests.py",
        "numbers = writers if len(writers) < RUNS - 1 else ALL",
        "numbers = writers if not writers else ALL",
    ),
    "a view that reads after a commit keeps writers waiting": (
        "database/runs.py",
        'return self.readers.get(self.further or "", False)',
        "return False",
    ),
    "a request with a body is run again": (
        "database/safe_requests.py",
        "has_body or is_chunked or",
        "is_chunked or",
    ),
    "a request that leaves HTTP is run again": (
        "database/safe_requests.py",
        ' or "HTTP_UPGRADE" in environ',
        "",
    ),
    "a response that is repeated is not closed": (
        "database/safe_requests.py",
        "    if close:\n",
        "    if not close:\n",
    ),
    "a response begins before it is certain": (
        "database/safe_requests.py",
        "start = DelayedStart(start_response)",
        "start = DelayedStart(start_response)\n    start.is_released = True",
    ),
    "a response begins without its request": (
        "database/runs.py",
        "partial(copy_context().run, self.start_response, *arguments)",
        "partial(self.start_response, *arguments)",
    ),
    "an outer transaction is refused because of the nested one": (
        "database/late_writes.py",
        "    manner.check_write(connection)\n",
        "",
    ),
    "a body is received while the lock is held": (
        "database/turns.py",
        "        manner.prepare()\n",
        "",
    ),
    "a body that breaks off is a whole one": (
        "database/bodies.py",
        'body = vars(request)["stream"] = FailedBody(error)',
        "return",
    ),
    "a request is run again as the last run left it": (
        "database/safe_requests.py",
        "            environ.clear()\n            environ.update(original)\n",
        "            pass\n",
    ),
    "what threads have committed is done again": (
        "database/manners.py",
        "if this := inherited_manner():",
        "if this := current_manner():",
    ),
    "one that is giving way is over": (
        "database/writers.py",
        "        if not self.lock.acquire(blocking=False):\n            return False\n",
        "        if not self.lock.acquire(blocking=False):\n            return True\n",
    ),
    "one that has ended is made to give way": (
        "database/late_writes.py",
        "over.has_ended = True",
        "pass",
    ),
    "one that gives way loses what the driver does not count": (
        "database/writers.py",
        'connection.execute("COMMIT")',
        'connection.execute("ROLLBACK")',
    ),
    "one that gives way to itself keeps the lock": (
        "database/turns.py",
        "                own.give_way()\n",
        "                pass\n",
    ),
    "rows without a transaction are written one by one": (
        "database/late_writes.py",
        "write_together if isinstance(arguments[0], list) else write_alone",
        "write_alone",
    ),
    "a savepoint is lost as others write": (
        "database/writers.py",
        "for name in self.savepoints:",
        "for name in ():",
    ),
    "a savepoint that is over is set again": (
        "database/sql.py",
        'elif command == "RELEASE SAVEPOINT" and name in names:',
        "elif False:",
    ),
    "a savepoint is a change": (
        "database/writers.py",
        "not sql.is_savepoint(statement)",
        "True",
    ),
    "rows that are returned are written in a transaction": (
        "database/late_writes.py",
        "write_together if isinstance(arguments[0], list) else write_alone",
        "write_together if arguments[-1].executemany else write_alone",
    ),
    "what reads in another way than SELECT is a change": (
        "database/sql.py",
        " or reads(statement)",
        "",
    ),
    "a CTE that writes is none": (
        "database/sql.py",
        " (?! .* \\b (?: DELETE | INSERT | REPLACE | UPDATE ) \\b )",
        "",
    ),
    "a body that is received is lost": (
        "database/bodies.py",
        "body.seek(0)",
        "pass",
    ),
    "no patience": (
        "database/turnstile.py",
        "or time.monotonic() > deadline:\n                raise\n",
        "or True:\n                raise\n",
    ),
    "a nested context that waits for the outer one": (
        "database/turns.py",
        'DEFERRED" or own:',
        'DEFERRED":',
    ),
    "a request that has written only reads from then on": (
        "database/turns.py",
        "return None if writer is None or writer.is_over() else writer",
        "return writer",
    ),
    "a thread that only reads as its parent writes": (
        "database/own_writers.py",
        "threading.get_ident()",
        "0",
    ),
    "a writer to one database reads from another": (
        "database/own_writers.py",
        "(path, threading",
        "('', threading",
    ),
    "an outer transaction does not see what a nested one commits": (
        "database/late_writes.py",
        "            writer.outers.go_on()\n",
        "            pass\n",
    ),
    "one does not see what is committed without a transaction": (
        "database/single_writes.py",
        "    writer.outers.go_on()\n    turns",
        "    turns",
    ),
    "an outer transaction writes although others have before the nested one": (
        "database/own_writers.py",
        "if writer.has_given_way and writer.sees_changes():",
        "if False:",
    ),
    "one that is stale writes": (
        "database/late_writes.py",
        "if late.is_stale:",
        "if False:",
    ),
    "one that began in another does not see what that commits": (
        "database/turns.py",
        "            own.outers.add(reader)\n",
        "            pass\n",
    ),
    "one that writes late has no turn": (
        "database/late_writes.py",
        "    connection.info[WRITER] = writer\n",
        "    turns.lock.leave(writer)\n",
    ),
    "a nested transaction waits for a process that waits": (
        "database/write_lock.py",
        "TRYING if own else NEXT",
        "NEXT",
    ),
    "a process takes the lock that another hands over to itself": (
        "database/turnstile.py",
        "with self.holding(0, TRYING):",
        "if True:",
    ),
    "what a request inside a request commits is done again": (
        "database/runs.py",
        "        self.outer.note_commit()\n",
        "        pass\n",
    ),
    "writers begin in any order": (
        "database/write_lock.py",
        "self.queue.popleft()",
        "self.queue.pop()",
    ),
    "one that gives up keeps its place": (
        "database/write_lock.py",
        "self.queue.remove(writer)",
        "pass",
    ),
    "a writer that is lost keeps the lock": (
        "database/writers.py",
        "            return True\n        finally:",
        "            return False\n        finally:",
    ),
    "one that only reads stops writers": (
        "database/write_lock.py",
        "                writer.give_way()",
        "                pass",
    ),
    "one that asked for the lock gives way": (
        "database/turns.py",
        "asked is None and manner.gives_way",
        "manner.gives_way",
    ),
    "one that has changes gives way": (
        "database/writers.py",
        " and self.has_only_read():",
        ":",
    ),
    "one that gives way loses its state": (
        "database/writers.py",
        'pending = self.connection.execute("SELECT count(*) FROM sqlite_master")',
        "pending = self.connection.cursor()",
    ),
    "a process that has had the lock is the next": (
        "database/turnstile.py",
        "wait(partial(fcntl.lockf, descriptor, command, 1, step), deadline)",
        "pass",
    ),
    "nobody knows who has the lock": (
        "database/write_lock.py",
        "logger.warning(",
        "print(",
    ),
    "a shell that keeps writers waiting": (
        "database/manners.py",
        "manner.set(OnlyReads())",
        "pass",
    ),
    "a context that is handed to another thread has no turn to write": (
        "database/manners.py",
        "this.thread == threading.get_ident()",
        "True",
    ),
    "a POST that only reads at first": (
        "database/runs.py",
        '"TRACE"}',
        '"TRACE", "POST"}',
    ),
    "only GET is safe": (
        "database/runs.py",
        '"GET", "HEAD", "OPTIONS", "TRACE"',
        '"GET"',
    ),
    "readers that wait although they were told not to": (
        "database/turns.py",
        'asked == "DEFERRED"',
        "False",
    ),
    "readers that see one state after another": (
        "database/turns.py",
        'driver_connection.execute("BEGIN DEFERRED")',
        "pass",
    ),
    "no WAL mode": (
        "database/connections.py",
        "journal_mode = WAL",
        "journal_mode = DELETE",
    ),
    "no patience with the first connection": (
        "database/connections.py",
        "wait(partial(begin_log, connection, file, synchronous), deadline)",
        "begin_log(connection, file, synchronous)",
    ),
    "readers that wait for connections": (
        "database/connections.py",
        "MAX_OVERFLOW = 92",
        "MAX_OVERFLOW = 0",
    ),
    "the way to wait of SQLite itself": (
        "database/connections.py",
        '"timeout": 0',
        '"timeout": 1',
    ),
    "no foreign keys": (
        "database/connections.py",
        "foreign_keys = ON",
        "foreign_keys = OFF",
    ),
    "foreign keys while a migration alters tables": (
        "database/connections.py",
        "foreign_keys = OFF",
        "foreign_keys = ON",
    ),
    "a full disk under SQLite is the application's fault": (
        "database/failures.py",
        " or is_full(error)",
        "",
    ),
    "a file that is gone is the application's fault": (
        "database/failures.py",
        " or isinstance(error, FileIsGone)",
        "",
    ),
    "an error that does not name the file": (
        "database/failures.py",
        'f"{error}: {problem(path) or path}"',
        "str(error)",
    ),
    "connections to a file that was replaced": (
        "database/files.py",
        'if record.info["file"] != self.now():',
        "if False:",
    ),
    "commits in a file that was replaced": (
        "database/files.py",
        "if file and file != self.now():",
        "if False:",
    ),
    "a connection to a file that is replaced while it is opened": (
        "database/files.py",
        'if file not in ("", opened):',
        "if False:",
    ),
    "a file for turns that only root can open": (
        "database/turnstile.py",
        "os.fchown(self.descriptor, like.st_uid, like.st_gid)",
        "pass",
    ),
    "a file without a log that can only be read": (
        "database/connections.py",
        "        if not problem(str(file)):\n            raise\n",
        "        raise\n",
    ),
    "a file with the log of another": (
        "database/files.py",
        "        self.refuse_log_of_another(file, log)\n",
        "",
    ),
    "a log that only one process knows": (
        "database/files.py",
        "os.setxattr(self.log, MARK, self.mark.encode())",
        "pass",
    ),
    "a log that only the file system knows": (
        "database/files.py",
        "        except AttributeError:  # Only Linux has such a function.\n"
        "            return self.mark\n",
        "        except AttributeError:\n            return ''\n",
    ),
    "the mark of a log that was copied": (
        "database/files.py",
        'mark.startswith(f"{log} ") and',
        "mark and",
    ),
    "turns of a link are not those of the file": (
        "database/late_writes.py",
        "os.path.realpath(file_of(engine.url))",
        "str(file_of(engine.url))",
    ),
    "a link to a file has no log": (
        "database/files.py",
        "os.path.realpath(path)",
        "path",
    ),
    "a file that is gone is told like any other that cannot be opened": (
        "database/files.py",
        "if self.was_there and not file:",
        "if False:",
    ),
    "a file that was deleted is created anew": (
        "database/files.py",
        "?mode=rw",
        "?mode=rwc",
    ),
    "a server that has not asked yet creates a file anew": (
        "database/files.py",
        "self.was_there = os.path.exists(path)",
        "self.was_there = False",
    ),
    "a file that can only be read is not named": (
        "database/files.py",
        'logger.warning("The database can',
        'logger.debug("The database can',
    ),
    "migrations of a file that can only be read": (
        "database/connections.py",
        "if what := problem(str(file_of(engine.url))):",
        "if what := None:",
    ),
    "a new file with the index of one that was deleted": (
        "database/connections.py",
        '            Path(f"{file.resolve()}-shm").unlink(missing_ok=True)\n',
        "            pass\n",
    ),
    "nobody knows what keeps the log from shrinking": (
        "database/snapshots.py",
        "time.monotonic() - began > LONG",
        "False",
    ),
    "a log that never shrinks": (
        "database/connections.py",
        "journal_size_limit = {LOG_SIZE}",
        "journal_size_limit = -1",
    ),
    "commits that do not wait for the disk": (
        "database/settings.py",
        '"DATABASE_SYNCHRONOUS", "FULL"',
        '"DATABASE_SYNCHRONOUS", "NORMAL"',
    ),
    "commits that wait for the disk in any case": (
        "database/connections.py",
        "synchronous = {synchronous}",
        "synchronous = FULL",
    ),
    "a way to wait for the disk that there is not": (
        "database/settings.py",
        'if value not in ("FULL", "NORMAL"):',
        "if False:",
    ),
    "no connection left to SQLite is the application's fault": (
        "database/failures.py",
        "return isinstance(error, TimeoutError)",
        "return False",
    ),
    "a migration that leaves rows that refer to none": (
        "database/migrations.py",
        "broken_references(connection) - before",
        "broken_references(connection) - broken_references(connection)",
    ),
    "a transaction where there is to be none": (
        "database/turns.py",
        "if connection._is_autocommit_isolation():",
        "if False:",
    ),
    "a statement without a transaction that does not wait": (
        "database/single_writes.py",
        "    writer = turns.take(connection, execute)\n",
        "    turns.timeout = 0\n    writer = turns.take(connection, execute)\n",
    ),
    "a result that is read in a stranger's transaction on SQLite": (
        "database/leftovers.py",
        "    connection.interrupt()\n",
        "",
    ),
    "a connection that keeps the settings of a request": (
        "database/leftovers.py",
        "return value is not None and",
        "return False and",
    ),
    "a connection that keeps the databases of a request": (
        "database/leftovers.py",
        "(sqlite3.SQLITE_ATTACH, sqlite3.SQLITE_DETACH)",
        "()",
    ),
    "a connection that keeps the temporary tables of a request": (
        "database/leftovers.py",
        'database == "temp"',
        "False",
    ),
    "a connection that keeps the functions of a request": (
        "database/leftovers.py",
        '"create_", ',
        "",
    ),
    "a connection that keeps the handlers of a request": (
        "database/leftovers.py",
        ', "set")',
        ")",
    ),
    "a connection that keeps the attributes that a request has set": (
        "database/leftovers.py",
        "        connection.row_factory,\n",
        "",
    ),
    "a connection that keeps what its text was for a request": (
        "database/leftovers.py",
        "        connection.text_factory,\n",
        "",
    ),
    "a connection that keeps how a request began its transactions": (
        "database/leftovers.py",
        "        connection.isolation_level,\n",
        "",
    ),
    "an authorizer of the application in place of the project's": (
        "database/leftovers.py",
        "super().set_authorizer(authorize)",
        "super().set_authorizer(authorizer_callback or authorize)",
    ),
    "an authorizer of the application that is not asked": (
        "database/leftovers.py",
        "authorizer_callback(action, *details) if authorizer_callback else 0",
        "0",
    ),
    "a connection that is closed for what the application has set up": (
        "database/leftovers.py",
        'event.listen(engine, "checkout", remember_state)',
        'event.listen(engine, "connect", lambda *args: remember_state(*args, None))',
    ),
    "a connection that is closed as SQLAlchemy looked at tables": (
        "database/leftovers.py",
        "str(name).lower() not in HARMLESS_PRAGMAS",
        "True",
    ),
    "a connection that is closed as its temporary tables were looked for": (
        "database/leftovers.py",
        " and action != sqlite3.SQLITE_READ",
        "",
    ),
    "a class for connections that is not the application's": (
        "database/leftovers.py",
        'arguments[-1].setdefault("factory", WatchedConnection)',
        'arguments[-1]["factory"] = WatchedConnection',
    ),
    "a migration on a connection like any other": (
        "database/migrations.py",
        "connect_to_migrate(db.engine)",
        "db.engine.connect()",
    ),
    "a migration that fails halfway stays there": (
        "database/dialect.py",
        '"transactional_ddl": True',
        '"transactional_ddl": False',
    ),
    "a migration that SQLite cannot do": (
        "database/dialect.py",
        '"render_as_batch": True',
        '"render_as_batch": False',
    ),
    "a backup that is written over the last one": (
        "database/backups.py",
        'path = Path(folder, "backup")',
        "path = file",
    ),
    "a backup that is not looked at": (
        "database/backups.py",
        '            attach(database, path, f"the copy of {path_of(database)}")\n',
        "",
    ),
    "a backup that is more than a file while it is read": (
        "database/backups.py",
        "journal_mode = DELETE",
        "journal_mode = WAL",
    ),
    "a backup that takes the place of the file": (
        "database/backups.py",
        'copy(source, "backup", target)',
        'shutil.copy(file, f"{file}.new"); shutil.move(f"{file}.new", path_of(target))',
    ),
    "a backup is restored without a turn to write": (
        "database/backups.py",
        "wait(step, latest_end())",
        "step()",
    ),
    "a database that others can read": (
        "database/files.py",
        "os.mknod(self.path, 0o600)",
        "pass",
    ),
    "a process that is not ready while others write": (
        "ops/health.py",
        'sqlite_begin="DEFERRED"',
        "",
    ),
}

SERVER_BREAKS = {
    "a node without its cluster is a server like others": (
        "database/dialect.py",
        " 1047, 1180,",
        "",
    ),
    "migrations at the same time": (
        "database/migration_lock.py",
        "if connection.scalar(text(dialect.MIGRATION_LOCK)):",
        "if True:",
    ),
    "moments in whole seconds": (
        "times.py",
        "mysql.DATETIME(fsp=6)",
        "mysql.DATETIME()",
    ),
    "every error is the application's fault": (
        "errors.py",
        "if is_temporary(cause):",
        "if False:",
    ),
    "the error itself is kept from tests": (
        "errors.py",
        "register_error_handler(HTTPException",
        "register_error_handler(Exception",
    ),
    "an error with the class that the driver has for it": (
        "database/connections.py",
        "    meanings.protect(engine)\n",
        "",
    ),
    "tables with what the server does by default": (
        "database/connections.py",
        "    texts.protect(engine)\n",
        "",
    ),
    "a migration that is half done without a word": (
        "database/unfinished.py",
        "self.stay += self.pending",
        "pass",
    ),
    "a statement that is too long is a lost connection": (
        "database/packets.py",
        "if limit is None or not refused and length < limit:",
        "if not refused:",
    ),
    "more patience with locks on rows than the settings say": (
        "database/dialect.py",
        "LEAST(@@innodb_lock_wait_timeout, {seconds})",
        "@@innodb_lock_wait_timeout",
    ),
    "more patience with locks on tables than the settings say": (
        "database/dialect.py",
        "LEAST(@@lock_wait_timeout, {seconds})",
        "@@lock_wait_timeout",
    ),
    "a conflict is final": (
        "database/transactions.py",
        "if retry == retries or not (",
        "if True or (",
    ),
    "a version that somebody else has counted is final": (
        "database/transactions.py",
        " or isinstance(error, StaleDataError)",
        "",
    ),
    "a row that has changed is the application's fault": (
        "errors.py",
        "elif isinstance(cause, StaleDataError):",
        "elif False:",
    ),
    "transactions that lose updates": (
        "database/transactions.py",
        "            isolate(isolation_level)\n",
        "",
    ),
    "transactions that break rules": (
        "database/transactions.py",
        '= "SERIALIZABLE"',
        '= "REPEATABLE READ"',
    ),
    "calls at the end of a block that may not use the session": (
        "database/hooks.py",
        "session._trans_context_manager, None",
        "(session._trans_context_manager,) * 2",
    ),
    "calls after a commit that leave a transaction open": (
        "database/hooks.py",
        "if not has_changes(session)",
        "if False",
    ),
    "calls after a commit that keep threads from the session": (
        "database/hooks.py",
        " and not lock._is_owned()",
        "",
    ),
    "a function that is called after the release of a savepoint": (
        "database/hooks.py",
        "if savepoint is None:",
        "if True:",
    ),
    "a function that is not called after that of an outer one": (
        "database/hooks.py",
        ".extend(committed)",
        "",
    ),
    "a function that is called after a rollback": (
        "database/hooks.py",
        "    session.info.get(CALLS, {}).pop(ended, None)\n",
        "    session.info[DUE] = session.info.get(CALLS, {}).pop(ended, [])\n",
    ),
    "a function that is called again": (
        "database/hooks.py",
        "session.info.pop(DUE, [])",
        "session.info.get(DUE, [])",
    ),
    "a function that is called while the transaction ends": (
        "database/hooks.py",
        "        session.info[DUE] = committed\n",
        "        for function in committed:\n            function()\n",
    ),
    "a function whose error looks like one of the commit": (
        "database/hooks.py",
        "except Exception:",
        "except ZeroDivisionError:",
    ),
    "a function whose error ruins the session": (
        "database/hooks.py",
        'has failed")\n        session.rollback()\n',
        'has failed")\n',
    ),
    "a function that nobody misses": (
        "database/changes.py",
        " or info.get(CALLS)",
        "",
    ),
    "a conflict that a savepoint hides is final": (
        "database/failures.py",
        'error = getattr(error.orig, "__context__", None)',
        "return False",
    ),
    "a conflict is final at the second time": (
        "database/transactions.py",
        "retries: int = 30",
        "retries: int = 1",
    ),
    "no pause after a conflict": (
        "database/transactions.py",
        "time.sleep(random",
        "float(random",
    ),
    "pauses of the same length": (
        "database/transactions.py",
        "random.uniform(0, ",
        "max(0, ",
    ),
    "pauses that do not grow": (
        "database/transactions.py",
        " * 2**retry",
        "",
    ),
    "pauses that grow for ever": (
        "database/transactions.py",
        "min(1, ",
        "max(0, ",
    ),
    "an interruption leaves its transaction open": (
        "database/transactions.py",
        "except BaseException as",
        "except Exception as",
    ),
    "a commit that may have succeeded is repeated": (
        "database/transactions.py",
        "or isinstance(error, StaleDataError)",
        "or getattr(error, 'connection_invalidated', False)",
    ),
    "a conflict of MariaDB alone is final": (
        "database/dialect.py",
        "{1020, ",
        "{",
    ),
    "a lock that was not got is the application's fault": (
        "database/dialect.py",
        ", 1205",
        "",
    ),
    "a busy server is the application's fault": (
        "database/failures.py",
        "code in dialect.BUSY or ",
        "",
    ),
    "a conflict that nobody repeated is the application's fault": (
        "database/failures.py",
        " or is_conflict(error)",
        "",
    ),
    "an error that was swallowed is the server's fault": (
        "database/failures.py",
        "return error.code == CONNECTION_WAS_LOST",
        "return True",
    ),
    "a lost connection is the application's fault": (
        "database/failures.py",
        "return lost or ",
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
    "a statement without parameters changes nothing": (
        "database/methods.py",
        ', "do_execute_no_params"',
        "",
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
    "a connection is closed under a statement": (
        "database/locks.py",
        """    with record.info["lock"]:
        pass
""",
        "    pass\n",
    ),
    "a connection of which nobody noted who has it": (
        "database/pools.py",
        "self.holders.pop(record, None)",
        "del self.holders[record]",
    ),
    "no connection for a nested context": (
        "database/pools.py",
        "if holds and self.is_exhausted():",
        "if False:",
    ),
    "connections for everybody": (
        "database/pools.py",
        "holds and self",
        "self",
    ),
    "connections for whatever inherits from a thread that held one": (
        "database/pools.py",
        "        if not holds:",
        "        holds = holder is not None\n        if not holds:",
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
    "a lower limit of waiting is raised": (
        "database/dialect.py",
        "LEAST(@@innodb_lock_wait_timeout, {seconds})",
        "{seconds}",
    ),
    "rows are missing where a statement comes between them": (
        "database/unread.py",
        "read_rest(info, before=cursor)",
        "pass",
    ),
    "rows are missing where a commit comes between them": (
        "database/unread.py",
        "read_rest(connection.info)",
        "pass",
    ),
    "rows are missing after an error of a statement between them": (
        "database/rows.py",
        "            self.refuse()\n",
        "            pass\n",
    ),
    "rows are missing once their connection is closed": (
        "database/unread.py",
        "            rows.refuse()\n",
        "            pass\n",
    ),
    "rows that threads read at the same time": (
        "database/rows.py",
        """        with self.lock:
            if self.rest is not None:
""",
        """        if True:
            if self.rest is not None:
""",
    ),
    "rows that nobody wants are read before a rollback": (
        "database/unread.py",
        "        if unread is not None and unread.is_open:\n            #",
        "        if False:\n            #",
    ),
    "a connection that a rollback has closed is used": (
        "database/unread.py",
        "(unread.connection() or connection).invalidate()",
        "connection.invalidate()",
    ),
    "a cursor is closed between two batches of an INSERT": (
        "database/unread.py",
        " or unread.cursor is before",
        "",
    ),
    "an empty result without columns": (
        "database/rows.py",
        "self.description = cursor.description",
        "self.description = None",
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
    "an error that ends a transaction is not noted": (
        "database/commits.py",
        'connection.info["ended_by"] = ',
        "",
    ),
    "a transaction that has ended is remembered after its rollback": (
        "database/commits.py",
        'wrap(engine, ["do_rollback"], forgetting)',
        "pass",
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
    "a session that cannot be rolled back on a connection that died": (
        "database/sessions.py",
        "in_any_case(super().rollback)",
        "super().rollback()",
    ),
    "a session that cannot be closed on a connection that died": (
        "database/sessions.py",
        "in_any_case(super().reset)",
        "super().reset()",
    ),
    "connections that were idle for long": (
        "database/connections.py",
        " <= MAX_IDLE_SECONDS",
        "",
    ),
    "connections that were idle for half an hour": (
        "database/connections.py",
        "MAX_IDLE_SECONDS = 180",
        "MAX_IDLE_SECONDS = 1800",
    ),
    "connections that were idle while the clock was set back": (
        "database/connections.py",
        "not 0 <= time",
        "not time",
    ),
    "a round trip to look at a connection": (
        "database/connections.py",
        '"max_overflow": 0,',
        '"max_overflow": 0, "pool_pre_ping": True,',
    ),
    "what the driver needs is not there": (
        "database/connections.py",
        "        **driver.ENGINE_OPTIONS,\n",
        "",
    ),
    "what the URL says does not count": (
        "database/connections.py",
        " if key not in url.query",
        "",
    ),
    "a connection for each thread, and none for a nested context": (
        "../../gunicorn.conf.py",
        "2 * threads",
        "threads",
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
    "a password in the query of a URL that is shown": (
        "database/urls.py",
        "hide_password and SECRETS.search(name)",
        "False",
    ),
    "a password that is taken for the host": (
        "database/urls.py",
        'text.partition("?")[0].count("@") > ',
        'text.count("@") < 0 > ',
    ),
}

# Of a server, and noticed where greenlets serve.
GREENLET_BREAKS = {
    "a patch that comes too late": (
        "../../gunicorn.conf.py",
        "import my_flask_app.greenlets",
        "timeout = 5\nimport gevent",
    ),
    "a patch after the driver": (
        "greenlets.py",
        "if DRIVER in sys.modules:",
        "if False:",
    ),
    "a connection for every greenlet": (
        "../../gunicorn.conf.py",
        "worker_connections // 5",
        "worker_connections",
    ),
}

SQLITE_GREENLET_BREAKS = {
    "a greenlet that waits stops the others": (
        "database/writers.py",
        "self.has_turn = threading.Lock()",
        "from gevent.monkey import get_original\n"
        "        self.has_turn = get_original('_thread', 'allocate_lock')()",
    ),
}

# Of ops/, which is the same with every answer.
OPERATION_BREAKS = {
    "a key that can be guessed": (
        "ops/production.py",
        "if len(text) < LENGTH",
        "if False",
    ),
    "a debugger for everybody": (
        "ops/production.py",
        "if on and is_production(config):",
        "if False:",
    ),
    "a cookie that is sent over http": (
        "ops/security.py",
        '"SESSION_COOKIE_SECURE", is_production(config)',
        '"SESSION_COOKIE_SECURE", False',
    ),
    "a proxy that nobody has": (
        "ops/security.py",
        'proxies := app.config["PROXIES"]',
        "proxies := 1",
    ),
    "errors that tell what people have written": (
        "ops/security.py",
        '"hide_parameters": is_production(config)',
        '"hide_parameters": False',
    ),
    "a form that anybody may send": (
        "ops/safe_forms.py",
        "self.refuse_forged()",
        "pass",
    ),
    "a process that is ready while it stops": (
        "ops/health.py",
        "if is_stopping():",
        "if False:",
    ),
    "a process that is ready without its migrations": (
        "ops/health.py",
        "self.versions.are_missing_in(versions)",
        "False",
    ),
    "a connection for each who asks whether the process is ready": (
        "ops/health.py",
        "if self.asked is None or self.asked.done():",
        "if True:",
    ),
    "a name of a request that ends the line": (
        "ops/request_log.py",
        "given if ACCEPTED.fullmatch(given) else token_hex(8)",
        "given",
    ),
    "a traceback for what is temporary": (
        "ops/queries.py",
        "if request and error and is_temporary(error):",
        "if False:",
    ),
}

# Only what serves a project can notice these.
SCENARIO_BREAKS = {
    "no patience with requests when it stops": (
        "../../gunicorn.conf.py",
        "graceful_timeout = 25",
        "graceful_timeout = 0",
    ),
}

ALL = (
    BREAKS
    | SQLALCHEMY_BREAKS
    | FLASK_SQLALCHEMY_BREAKS
    | POSTGRESQL_BREAKS
    | SQLITE_BREAKS
    | SERVER_BREAKS
    | GREENLET_BREAKS
    | SQLITE_GREENLET_BREAKS
    | OPERATION_BREAKS
    | SCENARIO_BREAKS
)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--break", choices=ALL, help="break the projects first")


def break_project(project: Project, name: str) -> Path:
    """Break a project, and return the path of the module that is broken."""
    file, old, new = ALL[name]
    path = project.package / file
    text = path.read_text()
    assert old in text, f"{path} has changed: {old!r} is not in it"
    path.write_text(text.replace(old, new))
    return path
