"""``flask doctor`` looks at a SQLite file without a trace."""

import os
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import make_url

from my_flask_app.ops.doctor import dialect

from .test_doctor import examined
from .test_doctor import folder as folder
from .test_doctor import url as url
from .test_doctor import wrong


def connect(url: str) -> "closing[sqlite3.Connection]":
    return closing(sqlite3.connect(str(make_url(url).database), isolation_level=None))


def contents(url: str) -> dict[str, bytes]:
    folder = Path(str(make_url(url).database)).parent
    return {it.name: it.read_bytes() for it in folder.iterdir()}


def test_nothing_is_created_where_no_file_is(
    monkeypatch: pytest.MonkeyPatch, folder: Path
) -> None:
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{folder}/app.db")
    assert "app.db is not there. Run `flask db upgrade`" in wrong()["reached"]
    assert list(folder.iterdir()) == []


def test_nothing_changes_where_nobody_uses_the_file(url: str) -> None:
    before = contents(url)
    assert wrong() == {}
    assert contents(url) == before


def test_it_does_not_wait_for_a_writer_and_stops_none(
    committing_app: Flask, url: str
) -> None:
    with connect(url) as writer, connect(url) as other:
        writer.execute("BEGIN IMMEDIATE")
        writer.execute("CREATE TABLE shelves (id)")
        assert wrong() == {}
        writer.execute("COMMIT")
        # A connection that reads here would keep the log from being reset.
        assert other.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0] == 0


def test_what_others_have_stored_is_seen_while_they_use_the_file(
    committing_app: Flask, url: str
) -> None:
    with connect(url) as other:
        other.execute("UPDATE alembic_version SET version_num = 'newer'")
        assert "has the migration newer" in wrong()["applied"]


@pytest.mark.skipif(not hasattr(os, "getuid"), reason="needs permissions")
def test_a_file_that_can_only_be_read_is_named(
    monkeypatch: pytest.MonkeyPatch, committing_app: Flask, url: str
) -> None:
    file = str(make_url(url).database)
    # Permissions mean nothing to root.
    monkeypatch.setattr(os, "access", lambda path, *_, **__: str(path) != file)
    assert f"{file} cannot be read and written. Let" in wrong()["reached"]


def test_a_file_that_is_no_database_is_named(
    monkeypatch: pytest.MonkeyPatch, folder: Path
) -> None:
    (folder / "app.db").write_text("This is a text, and not a database." * 100)
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{folder}/app.db")
    found = examined()
    assert found["reached"][0] == "wrong"
    assert found["applied"][0] == "skipped"


def test_a_file_without_a_log_is_named(committing_app: Flask, url: str) -> None:
    with connect(url) as connection:
        connection.execute("PRAGMA journal_mode = DELETE")

    assert wrong()["logged"].startswith("The file has no log.")


@pytest.mark.parametrize("kind", ["nfs4", "cifs", "fuse.sshfs", "9p"])
def test_a_network_file_system_is_named(
    monkeypatch: pytest.MonkeyPatch, folder: Path, url: str, kind: str
) -> None:
    place = Path(str(make_url(url).database)).parent
    mounts = folder / "mounts"
    mounts.write_text(f"overlay / overlay rw 0 0\nserver:/x {place} {kind} rw 0 0\n")
    monkeypatch.setattr(dialect, "MOUNTS", mounts)
    assert f"{place} is a network file system ({kind})" in wrong()["local"]


def test_rows_that_refer_to_none_are_named(committing_app: Flask, url: str) -> None:
    with connect(url) as connection:
        connection.execute("CREATE TABLE a (id INTEGER PRIMARY KEY)")
        connection.execute("CREATE TABLE b (a INTEGER REFERENCES a (id))")
        connection.execute("INSERT INTO b VALUES (7)")

    assert "row 1 of b refers to a, which is not there" in wrong()["stored"]
