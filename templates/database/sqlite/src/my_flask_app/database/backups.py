"""The commands ``flask db backup`` and ``flask db restore``, for a database in use.

A copy of the file lacks what is still in the ``-wal`` file beside it. So SQLite itself
copies: a backup is the state of one moment, and to restore it is one transaction.
Tested in ``tests/database/test_backups.py``.
"""

import re
import shutil
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from contextlib import contextmanager
from contextlib import suppress
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import cast

import click
from click import ClickException
from flask import current_app
from flask import Flask
from flask.cli import with_appcontext
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from .connections import timeout_of
from .turnstile import Turnstile
from .turnstile import wait

FILE = click.Path(path_type=Path, resolve_path=True)


def init_app(app: Flask, engine: Engine) -> None:
    app.extensions["backups"] = engine
    group = cast(click.Group, app.cli.commands["db"])
    group.add_command(backup)
    group.add_command(restore)


@contextmanager
def one_line(failure: str) -> Iterator[None]:
    try:
        yield
    except (OSError, sqlite3.Error, SQLAlchemyError) as error:
        raise ClickException(f"{failure}: {error}") from error


@click.command()
@click.argument("file", type=FILE)
@with_appcontext
@one_line("nothing was backed up")
def backup(file: Path) -> None:
    """Copy the database to FILE, also while it is in use."""
    if not file.parent.is_dir() or (file.exists() and not file.is_file()):
        raise ClickException(f"{file} is no file, old or new, in a folder that exists")

    with TemporaryDirectory(dir=file.parent, prefix=f".{file.name}-") as folder:
        path = Path(folder, "backup")
        with connect(file) as database, closing(sqlite3.connect(path)) as target:
            if Path(f"{file}-wal").exists() or Path(f"{file}-journal").exists():
                raise ClickException(f"{file} is another database that is in use")

            copy(database, "main", target)
            # In WAL mode, readers would put files beside it.
            target.execute("PRAGMA journal_mode = DELETE")
            attach(database, path, f"the copy of {path_of(database)}")
            shutil.copymode(path_of(database), path)

        path.replace(file)


@click.command()
@click.argument("file", type=FILE)
@click.option("--yes", is_flag=True, help="Do not ask.")
@with_appcontext
@one_line("nothing was restored")
def restore(file: Path, yes: bool) -> None:
    """Replace what is in the database by FILE, also while it is in use."""
    if not file.is_file():
        raise ClickException(f"{file} is no file; name that of a backup")

    with connect(file) as source, connect(file) as target:
        attach(source, file, str(file))
        if source.execute("PRAGMA backup.foreign_key_check").fetchall():
            click.echo(f"Warning: {file} has rows that refer to none", err=True)
        if not yes:
            click.confirm(f"Replace all that is in {path_of(target)}?", abort=True)

        with Turnstile(path_of(target)).holding(latest_end()):
            copy(source, "backup", target)

        # Otherwise the -wal file would stay as large as the backup.
        with suppress(sqlite3.Error):
            target.execute("PRAGMA wal_checkpoint(TRUNCATE)")


@contextmanager
def connect(file: Path) -> Iterator[sqlite3.Connection]:
    """Have a connection to the database, of which ``file`` must be no part."""
    engine: Engine = current_app.extensions["backups"]
    with one_line(f"no connection to {engine.url.database}"):
        pooled = engine.raw_connection()

    pooled.detach()
    with closing(pooled):
        connection = cast(sqlite3.Connection, pooled.dbapi_connection)
        main = Path(re.sub("-(journal|shm|turns|wal)$", "", str(file)))
        if main.exists() and main.samefile(path_of(connection)):
            raise ClickException(f"{file} belongs to the database itself")

        yield connection


def path_of(database: sqlite3.Connection) -> str:
    return str(database.execute("PRAGMA database_list").fetchone()[2])


def attach(database: sqlite3.Connection, file: Path, name: str) -> None:
    """Attach a file as the schema ``backup``, if it is whole and fits the database."""
    with one_line(f"{name} is no SQLite database that is whole"):
        database.execute("ATTACH ? AS backup", [str(file)])
        ((found,),) = database.execute("PRAGMA backup.integrity_check(1)")
        if found != "ok":
            raise sqlite3.DatabaseError(found.splitlines()[-1])

    if not database.execute("SELECT 1 FROM backup.sqlite_master").fetchall():
        raise ClickException(f"{name} has no tables")

    sizes = [database.execute(f"PRAGMA {it}.page_size") for it in ("main", "backup")]
    if len({size for ((size,),) in sizes}) > 1:
        raise ClickException(f"{name} has pages of another size than the database")


def latest_end() -> float:
    """Return until when to wait for locks, by :func:`time.monotonic`."""
    return time.monotonic() + timeout_of(current_app.extensions["backups"])


def copy(source: sqlite3.Connection, schema: str, target: sqlite3.Connection) -> None:
    """Copy all in one step, so that it is of one moment, and wait for locks."""

    def refuse_to_wait(status: int, *_: int) -> None:
        if status in (5, 6):  # SQLITE_BUSY, SQLITE_LOCKED: Python has no time-out.
            raise sqlite3.OperationalError("database is locked")

    step = partial(source.backup, target, name=schema, progress=refuse_to_wait)
    wait(step, latest_end())
