"""Writes wait only so long while somebody makes a backup of the whole server.

Each test has a server of its own, as what it locks is locked for everybody.
"""

from collections.abc import Iterator

import pytest

from tests import servers
from tests.conftest import Bake
from tests.conftest import started

SCRIPT = """
import pymysql
from my_flask_app.app import create_app
from my_flask_app.database import db
from sqlalchemy import text

app = create_app()
backup = pymysql.connect(unix_socket={socket!r}, user="root")


def lock():
    with backup.cursor() as cursor:
        for statement in {statements!r}:
            cursor.execute(statement)


@app.get("/lock-and-write")
def lock_and_write():
    lock()
    db.session.execute(text("INSERT INTO entries VALUES (1)"))
    db.session.commit()
    return ""


@app.get("/write-and-lock")
def write_and_lock():
    db.session.execute(text("INSERT INTO entries VALUES (2)"))
    lock()
    db.session.commit()
    return ""


@app.get("/write")
def write():
    db.session.execute(text("INSERT INTO entries VALUES (3)"))
    db.session.commit()
    return ""


with app.app_context():
    db.session.execute(text("DROP TABLE IF EXISTS entries"))
    db.session.execute(text("CREATE TABLE entries (id INT PRIMARY KEY)"))

client = app.test_client()
print(client.get({path!r}).status_code)
backup.close()
print(client.get("/write").status_code)
with app.app_context():
    print("stored", *db.session.scalars(text("SELECT id FROM entries")))
"""

FLUSH = ["FLUSH TABLES WITH READ LOCK"]
STAGES = [
    f"BACKUP STAGE {stage}" for stage in ("START", "FLUSH", "BLOCK_DDL", "BLOCK_COMMIT")
]


@pytest.fixture(scope="module")
def server() -> Iterator[servers.MariaDB]:
    with started(servers.mariadb) as server:
        yield server


@pytest.mark.parametrize("statements", [FLUSH, STAGES], ids=["flush", "stages"])
@pytest.mark.parametrize("path", ["/lock-and-write", "/write-and-lock"])
@pytest.mark.parametrize("driver", ["pymysql", "mysqlconnector"])
def test_a_write_during_a_backup_is_503_and_stores_nothing(
    bake: Bake,
    server: servers.MariaDB,
    driver: str,
    path: str,
    statements: list[str],
) -> None:
    url = server.url.replace("://", f"+{driver}://")
    project = bake(database_url=url)
    script = SCRIPT.format(socket=server.address, path=path, statements=statements)
    output = project.python("-c", script, DATABASE_TIMEOUT="1")
    assert output.splitlines()[-3:] == ["503", "200", "stored 3"]
