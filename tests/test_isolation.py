"""A single answer changes exactly the files that it is about."""

import re

import pytest

from tests.conftest import Bake
from tests.conftest import Project

POSTGRESQL = "postgresql://me:secret@localhost/app"
PACKAGE = "src/my_flask_app"


def files(project: Project) -> dict[str, bytes]:
    """Return the files; the secret key is different each time."""
    found = project.files()
    found[".env"] = re.sub(b"SECRET_KEY=.*", b"", found[".env"])
    return found


def changed(project: Project, other: Project) -> set[str]:
    one, two = files(project), files(other)
    return {name for name in one | two if one.get(name) != two.get(name)}


@pytest.mark.parametrize(
    ("base", "answer", "expected"),
    [
        ({}, {}, set()),
        (
            {},
            {"sqlalchemy_layer": "SQLAlchemy"},
            {
                "README.md",
                "pyproject.toml",
                f"{PACKAGE}/database.py",
                f"{PACKAGE}/migrations/__init__.py",
            },
        ),
        (
            {},
            {"greenlet_support": "yes"},
            {
                "README.md",
                "gunicorn.conf.py",
                "pyproject.toml",
                f"{PACKAGE}/greenlets.py",
                "tests/test_greenlets.py",
                "tests/test_server.py",
            },
        ),
        (
            {},
            {"example_app": "no"},
            {
                "README.md",
                "pyproject.toml",
                f"{PACKAGE}/app.py",
                f"{PACKAGE}/migrations/versions/0001_start.py",
                f"{PACKAGE}/migrations/versions/0001_students.py",
                f"{PACKAGE}/models.py",
                f"{PACKAGE}/students/__init__.py",
                f"{PACKAGE}/students/forms.py",
                f"{PACKAGE}/students/templates/students/delete.html",
                f"{PACKAGE}/students/templates/students/edit.html",
                f"{PACKAGE}/students/templates/students/index.html",
                f"{PACKAGE}/students/views.py",
                f"{PACKAGE}/templates/base.html",
                f"{PACKAGE}/welcome/__init__.py",
                f"{PACKAGE}/welcome/templates/welcome/index.html",
                f"{PACKAGE}/welcome/views.py",
                "tests/conftest.py",
                "tests/test_students.py",
            },
        ),
        (
            {},
            {"database_url": POSTGRESQL},
            {
                ".env",
                ".env.example",
                ".gitignore",
                "README.md",
                "compose.yaml",
                "gunicorn.conf.py",
                "pyproject.toml",
                f"{PACKAGE}/app.py",
                f"{PACKAGE}/config.py",
                f"{PACKAGE}/connections.py",
                f"{PACKAGE}/migrations/env.py",
                f"{PACKAGE}/safe_requests.py",
                "tests/conftest.py",
                f"{PACKAGE}/transactions.py",
                "tests/test_config.py",
                "tests/test_connections.py",
                "tests/test_transactions.py",
            },
        ),
        (
            {"database_url": POSTGRESQL},
            {"database_url": POSTGRESQL.replace("postgresql", "mysql")},
            {
                ".env",
                ".env.example",
                "README.md",
                "compose.yaml",
                "pyproject.toml",
                f"{PACKAGE}/config.py",
                f"{PACKAGE}/connections.py",
                "tests/conftest.py",
                "tests/test_config.py",
                "tests/test_connections.py",
            },
        ),
        (
            {"database_url": POSTGRESQL},
            {"database_url": POSTGRESQL.replace("localhost", "db.example.org")},
            {".env", ".env.example", "README.md", "compose.yaml"},
        ),
        (
            {},
            {"project_name": "My flask app"},
            {"README.md", f"{PACKAGE}/templates/base.html"},
        ),
        ({}, {"description": "Another"}, {"README.md", "pyproject.toml"}),
        ({}, {"author_name": "Another"}, {"pyproject.toml"}),
        ({}, {"author_email": "another@example.org"}, {"pyproject.toml"}),
    ],
    ids=lambda value: " ".join(value.values()) if isinstance(value, dict) else "",
)
def test_an_answer_changes_exactly_the_files_it_is_about(
    bake: Bake, base: dict[str, str], answer: dict[str, str], expected: set[str]
) -> None:
    assert changed(bake(**base), bake(**base | answer)) == expected
