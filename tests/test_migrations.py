"""The commands flask db write and run migrations, alike in both layers."""

import re

import pytest

from tests.conftest import Bake
from tests.conftest import CHOICES
from tests.conftest import Project

LAYERS = CHOICES["sqlalchemy_layer"]
COMMANDS = """
check current downgrade heads history merge migrate revision show stamp upgrade
""".split()


def test_a_server_that_is_down_is_no_traceback(bake: Bake) -> None:
    for layer in LAYERS:
        url = "postgresql://me@127.0.0.1:1/app"
        project = bake(database_url=url, sqlalchemy_layer=layer)
        result = project.try_python("-m", "flask", "db", "upgrade")
        assert result.returncode == 1
        assert "no connection to the database" in result.stdout
        assert "Traceback" not in result.stdout


def flask(project: Project, *arguments: str) -> str:
    return project.python("-m", "flask", *arguments)


@pytest.fixture(params=LAYERS)
def project(request: pytest.FixtureRequest, bake: Bake, database_url: str) -> Project:
    return bake(database_url=database_url, sqlalchemy_layer=request.param)


@pytest.mark.parametrize("layer", LAYERS)
def test_the_commands_are_there(bake: Bake, layer: str) -> None:
    output = flask(bake(sqlalchemy_layer=layer), "db", "--help")
    listed = re.findall(r"^  (\S+)  ", output.partition("Commands:")[2], re.MULTILINE)
    assert set(COMMANDS) <= set(listed)


def test_a_change_of_the_models_becomes_a_migration(project: Project) -> None:
    flask(project, "db", "upgrade")
    models = project.package / "models.py"
    models.write_text(
        models.read_text()
        + "    nickname: Mapped[str | None] = mapped_column(String(20))\n"
        + "    graduation: Mapped[datetime | None]\n"
    )
    flask(project, "db", "migrate", "-m", "Add nicknames")
    project.python("-m", "ruff", "check", "--no-cache")
    project.python("-m", "ruff", "format", "--no-cache", "--diff")
    flask(project, "db", "upgrade")
    flask(project, "db", "check")
    assert "Nothing has changed." in flask(project, "db", "migrate")
    assert "(head)" in flask(project, "db", "current")
    flask(project, "db", "downgrade", "base")
    assert "CREATE TABLE students" in flask(project, "db", "upgrade", "--sql")


CHILDREN = '''"""Let marks refer to students, and shorten their names."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("INSERT INTO students VALUES (1, 'Ada', 'a@example.org', '2026-07-01')")
    op.create_table(
        "marks",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column(
            "student_id",
            sa.Integer(),
            sa.ForeignKey("students.id", ondelete="CASCADE"),
        ),
    )
    op.execute("INSERT INTO marks VALUES (1, 1)")
    with op.batch_alter_table("students") as students:
        students.alter_column("name", type_=sa.String(50))


def downgrade() -> None:
    op.drop_table("marks")
'''


@pytest.mark.parametrize("layer", LAYERS)
def test_altering_a_table_on_sqlite_keeps_the_rows_that_refer_to_it(
    bake: Bake, layer: str
) -> None:
    project = bake(sqlalchemy_layer=layer)
    (project.package / "migrations/versions/0002.py").write_text(CHILDREN)
    flask(project, "db", "upgrade")
    project.python(
        "-c",
        "import sqlite3\n"
        "database = sqlite3.connect('instance/my_flask_app.db')\n"
        "assert database.execute('SELECT * FROM marks').fetchall() == [(1, 1)]",
    )


@pytest.mark.parametrize("layer", LAYERS)
def test_a_migration_that_fails_on_sqlite_leaves_nothing_half_done(
    bake: Bake, layer: str
) -> None:
    project = bake(sqlalchemy_layer=layer)
    broken = CHILDREN.replace("VALUES (1, 1)", "VALUES (nonsense)")
    (project.package / "migrations/versions/0002.py").write_text(broken)
    result = project.try_python("-m", "flask", "db", "upgrade")
    assert result.returncode == 1
    assert "head" not in flask(project, "db", "current")
    (project.package / "migrations/versions/0002.py").write_text(CHILDREN)
    flask(project, "db", "upgrade")
