"""The first weeks of a project: models, tests, an enum, a rename and two branches.

What an owner does is done here as the pages of the project say, in both layers.
"""

from pathlib import Path

import pytest

from tests.conftest import Bake
from tests.conftest import CHOICES
from tests.conftest import Project
from tests.repositories import git

MODELS = """

class Kind(Enum):
    NOVEL = "novel"
    POEM = "poem"


class Book(Base):
    __tablename__ = "books"

    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str] = mapped_column(String(100), unique=True)
    kind: Mapped[Kind]
    pages: Mapped[int]
"""

AUTHORS = """

class Author(Base):
    __tablename__ = "authors"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(100), index=True)
"""

REFERENCE = """    pages: Mapped[int]
    author_id: Mapped[int | None] = mapped_column(ForeignKey("authors.id"))
"""

IMPORTS = """from flask.typing import ResponseReturnValue
from sqlalchemy import select

from ..database import db
from ..models import Book
from ..models import Kind
"""

VIEWS = """

@blueprint.get("/books")
def books() -> ResponseReturnValue:
    return list(db.session.scalars(select(Book.title)))


@blueprint.post("/books/<title>")
def add(title: str) -> ResponseReturnValue:
    db.session.add(Book(title=title, kind=Kind.NOVEL, pages=100))
    db.session.commit()
    return "", 201
"""

TESTS = """from flask import Flask
from flask.testing import FlaskClient
from helpers import at_most
from sqlalchemy import select

from my_flask_app.database import db
from my_flask_app.models import Book


def test_a_book_that_was_added_is_listed(app: Flask, client: FlaskClient) -> None:
    assert client.post("/books/Emma").status_code == 201
    with at_most(1):
        assert client.get("/books").json == ["Emma"]

    with app.app_context():
        assert db.session.scalar(select(Book.pages)) == 100


def test_there_is_no_book_at_first(client: FlaskClient) -> None:
    assert client.get("/books").json == []
"""

READ = """
from my_flask_app.app import create_app
from my_flask_app.database import db
from sqlalchemy import text

with create_app().app_context():
    print(db.session.execute(text("SELECT {} FROM books")).all())
"""


@pytest.fixture(params=CHOICES["sqlalchemy_layer"])
def project(request: pytest.FixtureRequest, bake: Bake, database_url: str) -> Project:
    layer = request.param
    return bake(database_url=database_url, sqlalchemy_layer=layer, example_app="no")


def test_the_first_weeks_of_a_project(project: Project) -> None:
    models = project.package / "models.py"
    start_with_books(project, models)
    add_a_book(project, "Emma")

    git(project.path, "switch", "--quiet", "--create", "authors")
    replace(models, "    pages: Mapped[int]\n", REFERENCE)
    replace(models, "from sqlalchemy import MetaData", FOREIGN_KEY)
    models.write_text(models.read_text() + AUTHORS)
    migrate(project, "Add authors")
    check(project)
    save(project, "Add authors")
    flask(project, "db", "downgrade")

    git(project.path, "switch", "--quiet", "main")
    rename_the_title(project, models)
    assert read(project, "name, kind") == "[('Emma', 'NOVEL')]\n"

    git(project.path, "merge", "--quiet", "--no-edit", "authors")
    join_the_heads(project)
    assert read(project, "name, author_id") == "[('Emma', None)]\n"
    check(project)


FOREIGN_KEY = "from sqlalchemy import ForeignKey\nfrom sqlalchemy import MetaData"


def start_with_books(project: Project, models: Path) -> None:
    replace(
        models, "import MetaData\n", "import MetaData\nfrom sqlalchemy import String\n"
    )
    replace(
        models,
        "import registry\n",
        "import Mapped\nfrom sqlalchemy.orm import mapped_column\n"
        "from sqlalchemy.orm import registry\n",
    )
    models.write_text(models.read_text() + MODELS)
    views = project.package / "welcome/views.py"
    replace(views, IMPORTS.partition("\n")[0] + "\n", IMPORTS)
    views.write_text(views.read_text() + VIEWS)
    (project.path / "tests/test_books.py").write_text(TESTS)
    flask(project, "db", "upgrade")
    migrate(project, "Add books")
    git(project.path, "init", "--quiet", "--initial-branch", "main")
    check(project)
    check(project)
    save(project, "Add books")


def rename_the_title(project: Project, models: Path) -> None:
    """Rename a column that has rows, and let there be another kind of books."""
    replace(models, "    title: Mapped", "    name: Mapped")
    replace(models, '    POEM = "poem"\n', '    POEM = "poem"\n    PLAY = "play"\n')
    views = project.package / "welcome/views.py"
    replace(views, "Book.title", "Book.name")
    replace(views, "Book(title=", "Book(name=")
    warned = flask(project, "db", "migrate", "-m", "Rename titles")
    call = 'op.alter_column("books", "title", new_column_name="name")'
    assert call in warned
    [migration] = project.package.glob("migrations/versions/*rename_titles.py")
    migration.write_text(renaming(migration.read_text()))
    project.python("-m", "ruff", "check", "--no-cache", "--fix", migration)
    flask(project, "db", "upgrade")
    check(project)
    save(project, "Rename titles")


def renaming(text: str) -> str:
    """Return a migration that renames, where it would have added and dropped."""
    head, _, _ = text.partition("def upgrade()")
    upgrade = RENAMING.format(function="upgrade", old="title", new="name")
    downgrade = RENAMING.format(function="downgrade", old="name", new="title")
    return f"{head}{upgrade}\n\n{downgrade}"


RENAMING = """def {function}() -> None:
    with op.batch_alter_table("books") as books:
        books.alter_column(
            "{old}",
            new_column_name="{new}",
            existing_type=sa.String(length=100),
            existing_nullable=False,
        )
    with op.batch_alter_table("books") as books:
        books.drop_constraint("uq_books_{old}", type_="unique")
        books.create_unique_constraint("uq_books_{new}", ["{new}"])
"""


def join_the_heads(project: Project) -> None:
    upgrade = project.try_python("-m", "flask", "db", "upgrade")
    tests = project.try_python("-m", "pytest", "-q", "tests/test_books.py")
    for result in (upgrade, tests):
        assert result.returncode != 0
        assert "add_authors.py" in result.stdout
        assert "rename_titles.py" in result.stdout
        assert "`flask db merge heads`" in result.stdout
        assert "Traceback" not in result.stdout

    flask(project, "db", "merge", "heads", "-m", "Join authors and titles")
    flask(project, "db", "upgrade")


def migrate(project: Project, message: str) -> None:
    flask(project, "db", "migrate", "-m", message)
    flask(project, "db", "upgrade")
    flask(project, "db", "check")


def check(project: Project) -> None:
    """Run what an owner runs after a change, but for the tests of the machinery."""
    tests = [*project.path.glob("tests/test_*.py")]
    tests += project.path.glob("tests/database/test_migration*.py")
    tests.remove(project.path / "tests/test_server.py")
    project.python("-m", "pytest", "-q", "-p", "no:cacheprovider", *tests)
    project.python("-m", "ruff", "check", "--no-cache")
    project.python("-m", "ruff", "format", "--no-cache", "--diff")


def flask(project: Project, *arguments: str) -> str:
    return project.python("-m", "flask", *arguments)


def save(project: Project, message: str) -> None:
    git(project.path, "add", "--all")
    git(project.path, "commit", "--quiet", "--message", message)


def add_a_book(project: Project, title: str) -> None:
    code = (
        "from my_flask_app.app import create_app\n"
        f"assert create_app().test_client().post('/books/{title}').status_code == 201"
    )
    project.python("-c", code)


def read(project: Project, columns: str) -> str:
    return project.python("-c", READ.format(columns))


def replace(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert text.count(old) == 1, text
    path.write_text(text.replace(old, new))
