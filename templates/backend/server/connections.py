"""Connections to the database server: how they are named, opened and checked.

Nothing here needs Flask, so a script can use it too.
"""

import os
{%- if cookiecutter._drivers[cookiecutter.__database.driver].socket %}
import select
import time
{%- endif %}
import weakref
from typing import Any

import sqlalchemy
from sqlalchemy import Engine
from sqlalchemy import event
from sqlalchemy import ExceptionContext
from sqlalchemy import make_url
from sqlalchemy import URL
from sqlalchemy.exc import ArgumentError
from sqlalchemy.exc import DBAPIError
{%- if cookiecutter._drivers[cookiecutter.__database.driver].socket %}
from sqlalchemy.exc import DisconnectionError
{%- endif %}
from sqlalchemy.exc import TimeoutError
{%- if cookiecutter._drivers[cookiecutter.__database.driver].socket %}
from sqlalchemy.pool import ConnectionPoolEntry
{%- endif %}

DRIVER = "{{ cookiecutter.__database.driver }}"
DIALECTS = {
{%- for dialect in cookiecutter._backends[cookiecutter.__database.backend].dialects %}
    "{{ dialect }}": "{{ dialect }}",
{%- endfor %}
{%- if cookiecutter.__database.backend == "postgresql" %}
    "postgres": "postgresql",
{%- endif %}
}

# With these codes the database asks for a transaction to be run again.
CONFLICTS = {{ '{' }}{{ cookiecutter._backends[cookiecutter.__database.backend].conflicts }}{{ '}' }}
{%- if cookiecutter._drivers[cookiecutter.__database.driver].socket %}

# Less than load balancers and firewalls wait before they forget a silent
# connection, which they do without a word to either end.
MAX_IDLE_SECONDS = 180
{%- endif %}


def parse_url(text: str) -> URL:
    """Return the URL of a database, with the driver that this project uses.

    :raises ValueError: if the text is no URL, or one of another kind of database.
    """
    try:
        url = make_url(text)
        dialect, _, driver = url.drivername.partition("+")
        if driver not in ("", DRIVER):
            raise ValueError(f"unknown driver {driver}")

        return url.set(drivername=f"{DIALECTS[dialect]}+{DRIVER}")
    except (ArgumentError, KeyError, ValueError):
        accepted = " or ".join(f"{dialect}://" for dialect in DIALECTS)
        raise ValueError(f"is not accepted; it must start with {accepted}") from None


def create_engine(url: URL, **options: Any) -> Engine:
    """Return an engine that hands out no connection that the server has ended.

    :param options: passed to :func:`sqlalchemy.create_engine`.
    """
{%- if cookiecutter.__database.driver in ("mysqldb", "psycopg", "psycopg2") %}
    # By default this driver waits for minutes for a server that says nothing.
    url = url.set(query={"connect_timeout": "10", **url.query})
{%- endif %}
{%- if cookiecutter._drivers[cookiecutter.__database.driver].socket %}
    engine = sqlalchemy.create_engine(url, **{"max_overflow": 0} | options)
    event.listen(engine, "checkin", remember_the_time)
    event.listen(engine, "checkout", replace_if_dead)
    event.listen(engine, "handle_error", note_failed_connect)
    forget_connections_after_fork(engine)
    return engine


def remember_the_time(connection: Any, record: ConnectionPoolEntry) -> None:
    record.info["idle_since"] = time.monotonic()


def replace_if_dead(connection: Any, record: ConnectionPoolEntry, _: Any) -> None:
    """Have the pool open a new connection in place of one that may be dead."""
    idle_since = record.info.get("idle_since")
    if idle_since is None:
        return

    if time.monotonic() - idle_since > MAX_IDLE_SECONDS or is_readable(connection):
        raise DisconnectionError("the connection died, or may have, while it was idle")


def is_readable(connection: Any) -> bool:
    """Tell whether there is something to read on an idle connection.

    A server says nothing unasked, unless it ends the connection. Looking costs no
    round trip, which SQLAlchemy's ``pool_pre_ping`` would for every request.
    """
    poll = select.poll()
    try:
        poll.register({{ cookiecutter._drivers[cookiecutter.__database.driver].socket }}, select.POLLIN)
    except Exception:  # Each driver has its own for a connection it has closed.
        return True

    return bool(poll.poll(0))
{%- else %}
    engine = sqlalchemy.create_engine(
        url, **{"max_overflow": 0, "pool_pre_ping": True} | options
    )
    event.listen(engine, "handle_error", note_failed_connect)
    forget_connections_after_fork(engine)
    return engine
{%- endif %}


def note_failed_connect(context: ExceptionContext) -> None:
    """Let an error while connecting be like one that ended a connection."""
    if context.connection is None and not context.is_pre_ping:
        context.is_disconnect = True
{%- if cookiecutter.__database.driver == "mysqlconnector" %}
    # SQLAlchemy does not know how this driver says that it was hung up on.
    if "Connection not available" in str(context.original_exception):
        context.is_disconnect = True
{%- endif %}


def forget_connections_after_fork(engine: Engine) -> None:
    """Have child processes open connections of their own, as none can be shared."""
    reference = weakref.ref(engine)

    def forget() -> None:
        engine = reference()
        if engine is not None:
            engine.dispose(close=False)

    if hasattr(os, "register_at_fork"):
        os.register_at_fork(after_in_child=forget)


def is_conflict(error: BaseException | None) -> bool:
    """Tell whether a transaction was refused because of another one at that time."""
    while isinstance(error, DBAPIError):
        driver_error: Any = error.orig
        code = {{ cookiecutter._drivers[cookiecutter.__database.driver].code }}
        if code in CONFLICTS:
            return True

        # The conflict has ended savepoints too; rolling one back hides it.
        error = driver_error.__context__

    return False


def is_temporary(error: BaseException | None) -> bool:
    """Tell whether the database may do later what it could not do now.

    That is if it cannot be reached, hangs up, has no connection left for a request,
    or if a transaction conflicted with another one.
    """
    if isinstance(error, DBAPIError):
        return error.connection_invalidated or is_conflict(error)

    return isinstance(error, TimeoutError)
