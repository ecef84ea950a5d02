import ast
from pathlib import Path

import pytest
from alembic.config import Config
from alembic.script import ScriptDirectory

from my_flask_app.database.migration_files import calls
from my_flask_app.database.migration_files import is_risky
from my_flask_app.database.migration_files import pending_risks
from my_flask_app.database.migration_files import tables_created

MIGRATION = """
revision = "{}"
down_revision = {!r}


def upgrade():
    op.create_table("shelves", sa.Column("id", sa.Integer))
    op.rename_table("shelves", "cases")
    op.drop_column("cases", "size")


def downgrade():
    op.drop_table("cases")
"""


@pytest.fixture
def scripts(tmp_path: Path) -> ScriptDirectory:
    (tmp_path / "versions").mkdir()
    for name, down in (("one", None), ("two", "one")):
        (tmp_path / f"versions/{name}.py").write_text(MIGRATION.format(name, down))

    config = Config()
    config.set_main_option("script_location", str(tmp_path).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    return ScriptDirectory.from_config(config)


def test_tables_that_migrations_create_or_rename_are_known(
    scripts: ScriptDirectory,
) -> None:
    assert tables_created(scripts) == {"cases", "shelves"}


def test_only_what_is_pending_is_a_risk(scripts: ScriptDirectory) -> None:
    assert pending_risks(scripts, ("one",)) == [
        "  two.py, line 8: op.rename_table('shelves', 'cases')",
        "  two.py, line 9: op.drop_column('cases', 'size')",
    ]
    assert len(pending_risks(scripts, ())) == 4
    assert pending_risks(scripts, ("two",)) == []


@pytest.mark.parametrize(
    ("text", "risky"),
    [
        ('op.alter_column("a", "b", new_column_name="c")', True),
        ('op.alter_column("a", "b", nullable=False)', True),
        ('op.alter_column("a", "b", nullable=True)', False),
        ('op.add_column("a", sa.Column("b", nullable=False))', True),
        ('op.add_column("a", Column("b", nullable=False, server_default=""))', False),
        ('op.add_column("a", sa.Column("b", nullable=True))', False),
        ('batch_op.drop_column("b")', True),
        ('op.drop_table("a")', True),
        ('op.create_table("a")', False),
    ],
)
def test_removing_renaming_and_demanding_are_risks(text: str, risky: bool) -> None:
    assert any(is_risky(call) for call in calls(ast.parse(text))) is risky
