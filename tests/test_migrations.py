"""The commands flask db write and run migrations, alike in both layers."""

import re
import subprocess
import sys
import time
from collections.abc import Callable
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from tests import needs
from tests.conftest import Bake
from tests.conftest import CHOICES
from tests.conftest import clean_environment
from tests.conftest import Project
from tests.conftest import url_of

LAYERS = CHOICES["sqlalchemy_layer"]
COMMANDS = """
branches check current downgrade edit heads history merge migrate revision show stamp
upgrade
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


STEPS = '''"""Add nicknames and marks."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("students", sa.Column("nickname", sa.String(20)))
    op.execute("UPDATE students SET nickname = name")
    op.create_table("marks", sa.Column("id", sa.Integer(), primary_key=True))
    op.execute("INSERT INTO marks VALUES (1)")
    op.execute("INSERT INTO {} VALUES (2)")


def downgrade() -> None:
    op.drop_table("marks")
    op.execute("DROP TABLE {}")
'''

EXECUTE = """
from my_flask_app.app import create_app
from my_flask_app.database import db
from sqlalchemy import text

with create_app().app_context():
    with db.engine.begin() as connection:
        for statement in {!r}:
            result = connection.execute(text(statement))
            if result.returns_rows:
                print(result.all())
"""


def execute(project: Project, *statements: str) -> str:
    return project.python("-c", EXECUTE.format(statements))


def failing(project: Project, *arguments: str) -> list[str]:
    """Return the lines that a command prints before it fails."""
    result = project.try_python("-m", "flask", "db", *arguments)
    assert result.returncode == 1, result.stdout
    assert "Traceback" not in result.stdout
    lines = result.stdout.splitlines()
    assert len(lines) < 15, result.stdout
    return lines


def write_steps(project: Project, table: str) -> None:
    path = project.package / "migrations/versions/0002_marks.py"
    path.write_text(STEPS.replace("{}", table))


def test_a_migration_that_fails_is_a_few_lines(project: Project) -> None:
    write_steps(project, "nowhere")
    lines = failing(project, "upgrade")
    start = lines.index(
        next(line for line in lines if "migration 0002 has failed" in line)
    )
    assert "(0002_marks.py, line 17):" in lines[start]
    assert lines[start + 1] == "  INSERT INTO nowhere VALUES (2)"
    assert "nowhere" in lines[start + 2]


@pytest.mark.parametrize("layer", LAYERS)
@pytest.mark.parametrize("database", ["SQLite", "PostgreSQL"])
def test_a_migration_that_fails_leaves_nothing(
    bake: Bake, request: pytest.FixtureRequest, layer: str, database: str
) -> None:
    project = bake(database_url=url_of(database, request), sqlalchemy_layer=layer)
    write_steps(project, "nowhere")
    assert failing(project, "upgrade")[-1] == "Nothing of this migration is stored."
    write_steps(project, "marks")
    flask(project, "db", "upgrade")
    assert execute(project, "SELECT id FROM marks") == "[(1,), (2,)]\n"


@pytest.fixture(params=LAYERS)
def half_done(request: pytest.FixtureRequest, bake: Bake) -> Project:
    url = url_of("MariaDB", request)
    project = bake(database_url=url, sqlalchemy_layer=request.param)
    write_steps(project, "nowhere")
    lines = failing(project, "upgrade")
    start = lines.index(
        "The database does not undo what the migration had done before:"
    )
    added, updated, created, *_, end = lines[start + 1 :]
    assert added == "  ALTER TABLE students ADD COLUMN nickname VARCHAR(20)"
    assert updated == "  UPDATE students SET nickname = name"
    assert created.startswith("  CREATE TABLE marks ( id INTEGER NOT NULL")
    assert end == (
        "Undo that by hand, and `flask db upgrade` again; or do the rest of upgrade()"
        " by hand, and then `flask db stamp 0002`."
    )
    return project


def test_a_migration_that_is_half_done_can_be_undone_and_run_again(
    half_done: Project,
) -> None:
    execute(half_done, "DROP TABLE marks", "ALTER TABLE students DROP COLUMN nickname")
    write_steps(half_done, "marks")
    flask(half_done, "db", "upgrade")
    assert execute(half_done, "SELECT id FROM marks") == "[(1,), (2,)]\n"
    assert "(head)" in flask(half_done, "db", "current")


def test_the_rest_of_a_migration_that_is_half_done_can_be_done_by_hand(
    half_done: Project,
) -> None:
    assert execute(half_done, "SELECT id FROM marks") == "[]\n"
    execute(half_done, "INSERT INTO marks VALUES (1), (2)")
    flask(half_done, "db", "stamp", "0002")
    flask(half_done, "db", "upgrade")
    assert "(head)" in flask(half_done, "db", "current")


def test_a_migration_that_is_half_done_is_explained_again(half_done: Project) -> None:
    lines = failing(half_done, "upgrade")
    assert any("Duplicate column name" in line for line in lines)
    assert lines[-2] == (
        "It had done nothing before, unless an earlier run of it has failed."
    )


def test_going_back_is_half_done_as_well(half_done: Project) -> None:
    flask(half_done, "db", "stamp", "0002")
    lines = failing(half_done, "downgrade")
    assert lines[-2:] == [
        "  DROP TABLE marks",
        "Undo that by hand, and `flask db downgrade` again; or do the rest of"
        " downgrade() by hand, and then `flask db stamp 0001`.",
    ]


def test_what_python_has_interrupted_is_told_too(
    bake: Bake, request: pytest.FixtureRequest
) -> None:
    project = bake(database_url=url_of("MariaDB", request))
    write_steps(project, "nowhere")
    path = project.package / "migrations/versions/0002_marks.py"
    path.write_text(path.read_text().replace('op.execute("UPDATE', '[]["UPDATE'))
    path.write_text(path.read_text().replace('= name")', '= name"]'))
    result = project.try_python("-m", "flask", "db", "upgrade")
    assert "TypeError" in result.stdout
    assert (
        "had done before:\n  ALTER TABLE students ADD COLUMN nickname VARCHAR(20)\n"
        in result.stdout
    )


BRANCH = '''"""Branch."""

revision = "{0}"
down_revision = "0001"


def upgrade() -> None:
    pass


def downgrade() -> None:
    pass
'''


def test_two_heads_are_one_message_wherever_they_are_met(project: Project) -> None:
    versions = project.package / "migrations/versions"
    for name in ("left", "right"):
        (versions / f"{name}.py").write_text(BRANCH.format(name))

    remedy = "left.py, right.py. `flask db merge heads` joins them."
    assert remedy in failing(project, "upgrade")[-1]
    tests = project.try_python("-m", "pytest", "-q", "tests/test_app.py")
    assert tests.returncode == 1
    assert tests.stdout.count(remedy) == 1
    assert len(tests.stdout.splitlines()) < 10, tests.stdout
    tests = project.try_python("-m", "pytest", "-q", "-p", "xdist", "-n2")
    assert tests.returncode != 0
    assert 1 <= tests.stdout.count(remedy) <= 6, tests.stdout
    assert len(tests.stdout.splitlines()) < 30, tests.stdout
    flask(project, "db", "merge", "heads")
    flask(project, "db", "upgrade")


def test_the_command_alembic_works_too(project: Project) -> None:
    project.python("-m", "alembic", "upgrade", "head", PYTHONPATH="src")
    shown = project.python("-m", "alembic", "current", PYTHONPATH="src")
    assert "0001 (head)" in shown


SLOW = '''"""Make a table, and take some time."""

import time

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.create_table("marks", sa.Column("id", sa.Integer(), primary_key=True))
    time.sleep(2)
    op.execute("INSERT INTO marks VALUES (1)")


def downgrade() -> None:
    op.drop_table("marks")
'''


StartUpgrade = Callable[[], "subprocess.Popen[str]"]


@pytest.fixture
def start_upgrade(project: Project) -> Iterator[StartUpgrade]:
    """Return a function that starts ``flask db upgrade``, which is killed at last."""
    with ExitStack() as stack:

        def start() -> "subprocess.Popen[str]":
            process = subprocess.Popen(
                [sys.executable, "-m", "flask", "db", "upgrade"],
                cwd=project.path,
                env=clean_environment() | {"PYTHONPATH": needs.python_path()},
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
            )
            stack.enter_context(process)
            stack.callback(process.kill)
            return process

        yield start


def test_of_six_that_upgrade_at_once_one_does(
    project: Project, start_upgrade: StartUpgrade
) -> None:
    (project.package / "migrations/versions/0002.py").write_text(SLOW)
    processes = [start_upgrade() for _ in range(6)]
    printed = [process.communicate(timeout=60)[0] for process in processes]
    assert [process.returncode for process in processes] == [0] * 6, printed
    assert "".join(printed).count("Running upgrade 0001 -> 0002") == 1
    assert execute(project, "SELECT id FROM marks") == "[(1,)]\n"


def test_another_upgrades_when_one_is_killed(
    project: Project, start_upgrade: StartUpgrade
) -> None:
    flask(project, "db", "upgrade")
    path = project.package / "migrations/versions/0002.py"
    path.write_text(BRANCH.format("0002").replace("    pass", "    sleep(60)", 1))
    path.write_text("from time import sleep\n" + path.read_text())
    first = start_upgrade()
    printed = ""
    while "Running upgrade 0001 -> 0002" not in printed:
        assert first.stdout is not None
        printed = first.stdout.readline()
        assert printed, "it has ended"

    path.write_text(BRANCH.format("0002"))
    second = start_upgrade()
    time.sleep(5)
    assert second.poll() is None
    first.kill()
    printed, _ = second.communicate(timeout=30)
    first.communicate(timeout=10)
    assert second.returncode == 0, printed
    assert "Running upgrade 0001 -> 0002" in printed


def test_names_of_constraints_take_all_columns_within_the_limit(
    project: Project,
) -> None:
    flask(project, "db", "upgrade")
    models = project.package / "models.py"
    long = [f"a_column_with_quite_a_long_name_{number}" for number in range(3)]
    columns = [f"    {name}: Mapped[int]\n" for name in ("a", "b", "c", *long)]
    models.write_text(
        models.read_text().replace(
            "from sqlalchemy import MetaData\n",
            "from sqlalchemy import Index, MetaData, UniqueConstraint\n",
        )
        + "\n\nclass Mark(Base):\n"
        + '    __tablename__ = "marks"\n'
        + "    __table_args__ = (\n"
        + '        UniqueConstraint("a", "b"),\n'
        + '        UniqueConstraint("a", "c"),\n'
        + '        Index(None, "a", "b", "c"),\n'
        + '        Index(None, "a", "c", "b"),\n'
        + f"        UniqueConstraint({', '.join(map(repr, long))}),\n"
        + "    )\n"
        + "    id: Mapped[int] = mapped_column(primary_key=True)\n"
        + "".join(columns)
    )
    flask(project, "db", "migrate", "-m", "Add marks")
    flask(project, "db", "upgrade")
    flask(project, "db", "check")
    flask(project, "db", "downgrade")


ENUM = """

class Kind(Enum):
    SHORT = "short"
    LONG = "long"
"""


def test_enums_come_change_and_go_as_they_are_written(project: Project) -> None:
    flask(project, "db", "upgrade")
    models = project.package / "models.py"
    before = models.read_text()
    with_kind = before.replace("\n\nclass Student", f"{ENUM}\n\nclass Student")
    with_kind += "    kind: Mapped[Kind | None]\n"
    models.write_text(with_kind)
    flask(project, "db", "migrate", "-m", "Add kinds")
    flask(project, "db", "upgrade")
    flask(project, "db", "check")
    models.write_text(
        models.read_text().replace('= "long"', '= "long"\n    VERY_LONG = "very long"')
    )
    flask(project, "db", "check")
    execute(
        project,
        "INSERT INTO students (id, name, email, created, kind)"
        " VALUES (1, 'Ada', 'a@example.org', '2026-07-01', 'VERY_LONG')",
    )
    for _ in range(2):
        project.python("-m", "pytest", "-q", "tests/database/test_migration_rows.py")

    models.write_text(before)
    flask(project, "db", "migrate", "-m", "Drop kinds")
    flask(project, "db", "upgrade")
    flask(project, "db", "downgrade")
    flask(project, "db", "downgrade", "base")
    flask(project, "db", "upgrade")
    flask(project, "db", "check")


def test_rows_reveal_a_column_that_has_no_value(
    bake: Bake, request: pytest.FixtureRequest
) -> None:
    for database in ("SQLite", "PostgreSQL"):
        project = bake(database_url=url_of(database, request))
        flask(project, "db", "upgrade")
        models = project.package / "models.py"
        added = "    nickname: Mapped[str] = mapped_column(String(20))\n"
        models.write_text(models.read_text() + added)
        said = flask(project, "db", "migrate", "-m", "Add nicknames")
        assert "students.nickname is NOT NULL without a server_default" in said
        path = "tests/database/test_migration_rows.py"
        tests = project.try_python("-m", "pytest", "-q", path)
        assert "on tables with rows, `flask db upgrade " in tests.stdout
        assert "students ADD COLUMN nickname" in tests.stdout
