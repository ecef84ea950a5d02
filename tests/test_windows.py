"""What Windows lacks is not needed to serve requests.

There is no Windows here, so a process gives up what that has not.
"""

import pytest

from tests.conftest import Bake
from tests.conftest import CHOICES
from tests.conftest import DATABASES
from tests.conftest import url_of

SCRIPT = """
import os
import select
import sys

for name in ("fcntl", "grp", "pwd", "resource", "termios"):
    sys.modules[name] = None
for name in ("chown", "fchown", "fork", "geteuid", "getuid", "getxattr", "listxattr"):
    delattr(os, name)
for name in ("register_at_fork", "removexattr", "setxattr", "uname"):
    delattr(os, name)
for name in ("epoll", "poll"):
    delattr(select, name)

from my_flask_app.app import create_app

client = create_app().test_client()
for _ in range(3):
    assert client.get("/").status_code == 200

# The first of them opens a connection, and others look at it.
data = {"name": "Ada", "email": "ada@example.org"}
client.application.config["WTF_CSRF_ENABLED"] = False
for status in (302, 200):
    assert client.post("/add", data=data).status_code == status
assert "Ada" in client.get("/").text
"""


@pytest.mark.parametrize("layer", CHOICES["sqlalchemy_layer"])
@pytest.mark.parametrize("database", DATABASES)
def test_requests_are_served_without_what_windows_lacks(
    request: pytest.FixtureRequest, bake: Bake, database: str, layer: str
) -> None:
    url = url_of(database, request)
    project = bake(database_url=url, sqlalchemy_layer=layer)
    project.python("-m", "flask", "db", "upgrade")
    project.python("-c", SCRIPT)
