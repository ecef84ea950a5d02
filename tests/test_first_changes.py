"""The first changes that the pages of a project describe, done as they say."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from uv import find_uv_bin

from tests.conftest import Bake
from tests.conftest import CHOICES
from tests.conftest import clean_environment
from tests.conftest import Project
from tests.repositories import git

HELLO = """\
from flask import Blueprint
from sqlalchemy import func
from sqlalchemy import select

from .database import db
from .models import Greeting

blueprint = Blueprint("hello", __name__)


@blueprint.get("/hello")
def show() -> str:
    number = db.session.scalar(select(func.count()).select_from(Greeting))
    return f"<h1>{number} greetings</h1>"
"""

GREETING = """

class Greeting(Base):
    __tablename__ = "greetings"

    id: Mapped[int] = mapped_column(primary_key=True)
"""

TEST = """\
from flask.testing import FlaskClient


def test_hello(client: FlaskClient) -> None:
    assert client.get("/hello").text == "<h1>0 greetings</h1>"
"""

# The others take long, and know nothing of what has changed.
TESTS = (
    "tests/test_*.py tests/database/test_migrations.py tests/database/test_sessions.py"
)


@pytest.mark.parametrize("example", CHOICES["example_app"])
def test_a_project_is_right_after_each_of_the_first_changes(
    bake: Bake, example: str
) -> None:
    layer = CHOICES["sqlalchemy_layer"][example == "no"]
    project = bake(example_app=example, sqlalchemy_layer=layer)
    in_shell(project, "git init --quiet; make .venv/installed")
    in_shell(project, ".venv/bin/flask db upgrade")

    add_a_feature(project)
    in_shell(project, "make lint && .venv/bin/pytest --quiet tests/test_hello.py")
    delete_the_example(project)
    git(project.path, "add", ".")
    git(project.path, "commit", "--quiet", "--message=Changes")
    in_shell(project, commands("Rename the package.", project).replace("NEW_NAME", "x"))
    assert re.findall(r"^\S+", in_shell(project, "git grep my_flask_app")) == [
        ".env.example:DATABASE_URL='sqlite:///my_flask_app.db'"
    ]
    in_shell(
        project, f"make lint && .venv/bin/pytest {TESTS} && .venv/bin/flask db check"
    )


def add_a_feature(project: Project) -> None:
    import_line, call = re.findall(
        r"add `(.+?)` and `(.+?)`", paragraph("Add a feature.", project)
    )[0]
    edit(project.package / "app.py", "from . import errors\n", rf"\g<0>{import_line}\n")
    edit(project.package / "app.py", "    return app", rf"    {call}\n\g<0>")
    (project.package / "hello.py").write_text(HELLO)
    (project.path / "tests/test_hello.py").write_text(TEST)
    models = project.package / "models.py"
    models.write_text(models.read_text() + GREETING)
    for name in ("Mapped", "mapped_column"):
        if f"import {name}\n" not in models.read_text():
            edit(models, "from sqlalchemy.orm import registry", orm(name))

    migrate = re.search("`(flask db migrate .*?)` writes", readme(project))
    assert migrate
    in_shell(project, f".venv/bin/{migrate[1]} && .venv/bin/flask db upgrade")


def orm(name: str) -> str:
    return rf"from sqlalchemy.orm import {name}\n\g<0>"


def delete_the_example(project: Project) -> None:
    edit(project.package / "hello.py", '"/hello"', '"/"')
    edit(project.path / "tests/test_hello.py", '"/hello"', '"/"')
    text = paragraph("Delete the", project)
    (folder,) = re.findall(r"folder\s`(\w+)/`", text)
    in_shell(project, f"rm -r src/*/{folder}")
    for file in re.findall("`(tests/.+?)`", text):
        (project.path / file).unlink()

    app = project.package / "app.py"
    assert len(re.findall(f".*{folder}.*\n", app.read_text())) == 2
    edit(app, f".*{folder}.*\n", "")
    for name in re.findall("the class `(.+?)`", text):
        edit(project.package / "models.py", rf"\n\nclass {name}\(.*\n(\n| .*\n)*", "")

    in_shell(project, commands("Delete the", project))


def readme(project: Project) -> str:
    pages = ("README.md", "docs/development.md")
    return "\n".join((project.path / name).read_text() for name in pages)


def paragraph(title: str, project: Project) -> str:
    rest = readme(project).partition(f"**{title}")[2]
    return re.split(r"\n\*\*|\n##? ", rest)[0]


def commands(title: str, project: Project) -> str:
    return "\n".join(re.findall("^    (.*)", paragraph(title, project), re.MULTILINE))


def edit(file: Path, old: str, new: str) -> None:
    text, number = re.subn(old, new, file.read_text())
    assert number, (file, old)
    file.write_text(text)


def in_shell(project: Project, script: str) -> str:
    """Run commands in the folder of a project, with uv, until one fails."""
    programs = f"{Path(find_uv_bin()).parent}:{Path(sys.executable).parent}"
    result = subprocess.run(
        ["sh", "-e", "-c", script],
        cwd=project.path,
        env=clean_environment() | {"PATH": f"{programs}:{os.environ['PATH']}"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert result.returncode == 0, (script, result.stdout)
    return result.stdout
