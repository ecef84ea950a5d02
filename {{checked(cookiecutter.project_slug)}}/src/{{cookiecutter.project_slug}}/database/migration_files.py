"""What migrations do, as far as their files tell.

Tested in ``tests/database/test_migration_files.py``.
"""

import ast
from collections.abc import Iterator
from pathlib import Path

from alembic.script import ScriptDirectory

CREATING = {"create_table", "rename_table"}

REMOVING = {"drop_column", "drop_table", "rename_table"}


def tables_created(scripts: ScriptDirectory) -> set[str]:
    """Return the names of tables that migrations create or give."""
    return {
        constant
        for script in scripts.walk_revisions()
        for call in calls(tree_of(script.path))
        if name_of(call) in CREATING
        for constant in constants(call)
    }


def pending_risks(scripts: ScriptDirectory, current: tuple[str, ...]) -> list[str]:
    """Return what a version of the application that still runs cannot live with."""
    pending = scripts.iterate_revisions("heads", current or "base")
    return [
        f"  {Path(script.path).name}, line {call.lineno}: {one_line(call)}"
        for script in reversed(list(pending))
        for upgrade in tree_of(script.path).body
        if isinstance(upgrade, ast.FunctionDef) and upgrade.name == "upgrade"
        for call in calls(upgrade)
        if is_risky(call)
    ]


def tree_of(path: str) -> ast.Module:
    return ast.parse(Path(path).read_bytes())


def calls(tree: ast.AST) -> Iterator[ast.Call]:
    return (node for node in ast.walk(tree) if isinstance(node, ast.Call))


def name_of(call: ast.Call) -> str:
    return call.func.attr if isinstance(call.func, ast.Attribute) else ""


def constants(call: ast.Call) -> list[str]:
    values = [it.value for it in call.args if isinstance(it, ast.Constant)]
    return [value for value in values if isinstance(value, str)]


def options_of(call: ast.Call) -> dict[str | None, str]:
    return {it.arg: ast.unparse(it.value) for it in call.keywords}


def is_risky(call: ast.Call) -> bool:
    """Tell whether a call removes or renames something, or demands a value."""
    name, options = name_of(call), options_of(call)
    if name == "alter_column":
        return "new_column_name" in options or options.get("nullable") == "False"
    if name == "add_column":
        return any(is_demanding(inner) for inner in calls(call))

    return name in REMOVING


def is_demanding(column: ast.Call) -> bool:
    options = options_of(column)
    return options.get("nullable") == "False" and "server_default" not in options


def one_line(call: ast.Call) -> str:
    return " ".join(ast.unparse(call).split())
