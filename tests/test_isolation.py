"""A single answer changes exactly the files that it is about."""

import re

import pytest

from tests.conftest import Bake
from tests.conftest import CHOICES
from tests.conftest import Project
from tests.conftest import QUESTIONS

POSTGRESQL = "postgresql://me:secret@localhost/app"
PACKAGE = "src/my_flask_app"
DATABASE = f"{PACKAGE}/database"


def files(project: Project) -> dict[str, bytes]:
    """Return the files; the secret key is different each time."""
    found = project.files()
    found[".env"] = re.sub(b"SECRET_KEY=.*", b"", found[".env"])
    return found


def changed(project: Project, other: Project) -> set[str]:
    one, two = files(project), files(other)
    return {name for name in one | two if one.get(name) != two.get(name)}


# What is answered besides the defaults, one more answer, and the files it changes.
ROWS: list[tuple[dict[str, str], dict[str, str], set[str]]] = [
    ({}, {}, set()),
    (
        {},
        {"sqlalchemy_layer": "SQLAlchemy"},
        {
            "README.md",
            "pyproject.toml",
            f"{DATABASE}/extension.py",
            "tests/database/test_refused_settings.py",
        },
    ),
    (
        {},
        {"greenlet_support": "yes"},
        {
            "Makefile",
            "README.md",
            "docs/development.md",
            "docs/production.md",
            "gunicorn.conf.py",
            "pyproject.toml",
            f"{PACKAGE}/__main__.py",
            f"{PACKAGE}/greenlets.py",
            "tests/database/test_greenlets.py",
            "tests/database/test_waiting_greenlets.py",
            "tests/test_server.py",
            "tests/workers.py",
        },
    ),
    (
        {},
        {"example_app": "no"},
        {
            "README.md",
            "docs/production.md",
            "pyproject.toml",
            f"{PACKAGE}/app.py",
            f"{PACKAGE}/migrations/versions/0001_start.py",
            f"{PACKAGE}/migrations/versions/0001_students.py",
            f"{PACKAGE}/models.py",
            f"{PACKAGE}/ops/safe_forms.py",
            f"{PACKAGE}/students/__init__.py",
            f"{PACKAGE}/students/forms.py",
            f"{PACKAGE}/students/templates/students/delete.html",
            f"{PACKAGE}/students/templates/students/edit.html",
            f"{PACKAGE}/students/templates/students/index.html",
            f"{PACKAGE}/students/views.py",
            f"{PACKAGE}/welcome/__init__.py",
            f"{PACKAGE}/welcome/templates/welcome/index.html",
            f"{PACKAGE}/welcome/views.py",
            "tests/test_students.py",
        },
    ),
    (
        {},
        {"database_url": POSTGRESQL},
        {
            ".env",
            ".env.example",
            ".github/workflows/checks.yaml",
            "AGENTS.md",
            "Dockerfile",
            "README.md",
            "compose.production.yaml",
            "compose.yaml",
            "docs/development.md",
            "docs/migrations.md",
            "docs/production.md",
            "docs/testing.md",
            "gunicorn.conf.py",
            "pyproject.toml",
            f"{DATABASE}/__init__.py",
            f"{DATABASE}/bodies.py",
            f"{DATABASE}/backups.py",
            f"{DATABASE}/commits.py",
            f"{DATABASE}/connections.py",
            f"{DATABASE}/dialect.py",
            f"{DATABASE}/driver.py",
            f"{DATABASE}/failures.py",
            f"{DATABASE}/files.py",
            f"{DATABASE}/late_writes.py",
            f"{DATABASE}/leftovers.py",
            f"{DATABASE}/manners.py",
            f"{DATABASE}/meanings.py",
            f"{DATABASE}/migration_lock.py",
            f"{DATABASE}/mistakes.py",
            f"{DATABASE}/own_writers.py",
            f"{DATABASE}/packets.py",
            f"{DATABASE}/parameters.py",
            f"{DATABASE}/runs.py",
            f"{DATABASE}/safe_requests.py",
            f"{DATABASE}/settings.py",
            f"{DATABASE}/single_writes.py",
            f"{DATABASE}/snapshots.py",
            f"{DATABASE}/sockets.py",
            f"{DATABASE}/sql.py",
            f"{DATABASE}/statements.py",
            f"{DATABASE}/texts.py",
            f"{DATABASE}/transactions.py",
            f"{DATABASE}/turns.py",
            f"{DATABASE}/turnstile.py",
            f"{DATABASE}/urls.py",
            f"{DATABASE}/waiting.py",
            f"{DATABASE}/write_lock.py",
            f"{DATABASE}/writers.py",
            f"{PACKAGE}/ops/doctor/database.py",
            f"{PACKAGE}/ops/doctor/dialect.py",
            f"{PACKAGE}/ops/doctor/reaching.py",
            "tests/ops/test_doctor_database.py",
            "tests/ops/test_production.py",
            "docs/backups.md",
            "tests/database/test_backups.py",
            "tests/database/test_commits.py",
            "tests/database/test_connections.py",
            "tests/database/test_failures.py",
            "tests/database/test_files.py",
            "tests/database/test_leftovers.py",
            "tests/database/test_meanings.py",
            "tests/database/test_migration_lock.py",
            "tests/database/test_mistakes.py",
            "tests/database/test_packets.py",
            "tests/database/test_pooler.py",
            "tests/database/test_safe_requests.py",
            "tests/database/test_sockets.py",
            "tests/database/test_statements.py",
            "tests/database/test_sqlite_migrations.py",
            "tests/database/test_texts.py",
            "tests/database/test_time_out.py",
            "tests/database/test_transactions.py",
            "tests/database/test_urls.py",
            "tests/database/test_waiting.py",
            "tests/database/test_write_lock.py",
            "tests/contents.py",
            "tests/databases.py",
            "tests/test_config.py",
            "tests/test_gunicorn.py",
            "tests/ops/test_passwords.py",
            "tests/database/test_time_zones.py",
        },
    ),
    (
        {"database_url": POSTGRESQL},
        {"database_url": POSTGRESQL.replace("postgresql", "mysql")},
        {
            ".env",
            ".env.example",
            ".github/workflows/checks.yaml",
            "README.md",
            "compose.production.yaml",
            "compose.yaml",
            "docs/development.md",
            "docs/migrations.md",
            "docs/production.md",
            "pyproject.toml",
            f"{DATABASE}/dialect.py",
            f"{PACKAGE}/ops/doctor/dialect.py",
            "tests/ops/test_production.py",
            f"{DATABASE}/driver.py",
            f"{DATABASE}/locks.py",
            f"{DATABASE}/rows.py",
            f"{DATABASE}/settings.py",
            f"{DATABASE}/unread.py",
            "tests/database/test_connections.py",
            "tests/database/test_failures.py",
            "tests/database/test_locks.py",
            "tests/database/test_long_statements.py",
            "tests/database/test_pooler.py",
            "tests/database/test_table_locks.py",
            "tests/database/test_time_out.py",
            "tests/database/test_unread.py",
            "tests/database/test_urls.py",
            "tests/contents.py",
            "tests/databases.py",
            "tests/test_config.py",
            "tests/database/test_implicit_commits.py",
            "tests/database/test_time_zones.py",
        },
    ),
    (
        {"database_url": POSTGRESQL},
        {"database_url": POSTGRESQL.replace("localhost", "db.example.org")},
        {".env", ".env.example", "README.md", "compose.yaml"}
        | {"compose.production.yaml", "docs/production.md"},
    ),
    (
        {},
        {"project_name": "My flask app"},
        {"README.md", f"{PACKAGE}/templates/base.html"},
    ),
    ({}, {"description": "Another"}, {"README.md", "pyproject.toml"}),
    ({}, {"author_name": "Another"}, {"pyproject.toml"}),
    ({}, {"author_email": "another@example.org"}, {"pyproject.toml"}),
]


@pytest.mark.parametrize(
    ("base", "answer", "expected"),
    ROWS,
    ids=lambda value: " ".join(value.values()) if isinstance(value, dict) else "",
)
def test_an_answer_changes_exactly_the_files_it_is_about(
    bake: Bake, base: dict[str, str], answer: dict[str, str], expected: set[str]
) -> None:
    assert changed(bake(**base), bake(**base | answer)) == expected


def test_every_answer_that_is_no_default_has_a_row() -> None:
    changed = {item for _, answer, _ in ROWS for item in answer.items()}
    choices = {(name, value) for name in CHOICES for value in CHOICES[name][1:]}

    assert {name for name, _ in changed} | {"project_slug"} == QUESTIONS
    assert choices <= changed
