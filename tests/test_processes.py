"""Connections and greenlets in unusual processes."""

import pytest

from tests.conftest import Bake
from tests.conftest import CHOICES
from tests.conftest import url_of

MANY_FILES = """
import os
import resource

resource.setrlimit(resource.RLIMIT_NOFILE, (2048, 2048))
files = [os.open(os.devnull, os.O_RDONLY) for _ in range(1100)]

from my_flask_app.app import create_app
from my_flask_app.database import db

with create_app().app_context():
    seen = set()
    for _ in range(3):
        with db.engine.connect() as connection:
            seen.add(id(connection.connection.driver_connection))

    assert len(seen) == 1
"""


@pytest.mark.parametrize("database", ["PostgreSQL", "MariaDB"])
@pytest.mark.parametrize("greenlets", ["no", "yes"])
def test_connections_are_used_again_however_many_files_are_open(
    request: pytest.FixtureRequest, bake: Bake, database: str, greenlets: str
) -> None:
    project = bake(database_url=url_of(database, request), greenlet_support=greenlets)
    patch = "import my_flask_app.greenlets\n" if greenlets == "yes" else ""
    project.python("-c", patch + MANY_FILES)


def test_several_databases_in_one_application_are_refused(bake: Bake) -> None:
    project = bake()
    result = project.try_python(
        "-c",
        "from my_flask_app.app import create_app\n"
        "create_app({'SQLALCHEMY_BINDS': {'other': 'sqlite:////tmp/other.db'}})",
    )
    assert result.stdout.endswith(
        "SQLALCHEMY_BINDS must not be set, as sessions use one database\n"
    )


GREENLETS = """
from my_flask_app.app import create_app
from my_flask_app.database import db

app = create_app({{"SECRET_KEY": "test"}})

import gevent
{patch}

@app.get("/probe")
def probe():
    session = db.session()
    gevent.sleep(0.01)
    assert db.session() is session
    return str(id(session))

requests = [gevent.spawn(app.test_client().get, "/probe") for _ in range(50)]
assert len({{request.get().text for request in requests}}) == 50
assert not db.session.registry.registry
"""


@pytest.mark.parametrize("layer", CHOICES["sqlalchemy_layer"])
@pytest.mark.parametrize("patch", ["", "from gevent import monkey; monkey.patch_all()"])
def test_greenlets_have_their_own_sessions_without_a_patch_or_with_a_late_one(
    bake: Bake, layer: str, patch: str
) -> None:
    project = bake(sqlalchemy_layer=layer)
    project.python("-W", "ignore", "-c", GREENLETS.format(patch=patch))


def test_a_driver_that_was_imported_before_the_patch_is_noticed(bake: Bake) -> None:
    url = "postgresql://me@localhost/app"
    project = bake(database_url=url, greenlet_support="yes")
    result = project.try_python("-c", "import psycopg, my_flask_app.greenlets")
    assert "psycopg was imported before" in result.stdout
    assert result.returncode == 1
