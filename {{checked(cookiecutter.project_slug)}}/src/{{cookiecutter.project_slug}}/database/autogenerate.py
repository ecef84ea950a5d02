"""How ``flask db migrate`` and ``check`` compare the database with the models.

Tested in ``tests/database/test_migrations.py``.
"""

import logging
from typing import Any
from typing import Literal

from alembic import context
from alembic.autogenerate.api import AutogenContext
from alembic.operations.ops import MigrationScript
from alembic.util import CommandError

from ..times import UtcDateTime
from . import Base
from .enum_members import lost_members
from .migration_files import tables_created
from .migration_warnings import warnings_of
from .server_defaults import has_changed

LOST = "Rows cannot be read; update them in a migration, or bring the members back:"

READ = "Read the migration before you run it, as on tables with rows:"

logger = logging.getLogger("alembic.runtime.migration")


def command() -> str:
    """Return the name of Alembic's command that is running."""
    function, *_ = getattr(context.config.cmd_opts, "cmd", (None,))
    return getattr(function, "__name__", "")


def review(_: object, __: object, directives: list[MigrationScript]) -> None:
    """Write no empty migration, and name what is to be read in another one."""
    operations = directives[0].upgrade_ops
    generated = getattr(context.config.cmd_opts, "autogenerate", True)
    if operations is None or not generated:
        return

    name_lost(refuse=command() == "check" and operations.is_empty())
    if command() == "check":
        return

    if operations.is_empty():
        directives.clear()
        logger.info("Nothing has changed.")
    elif lines := warnings_of(operations, context.get_context().dialect):
        logger.warning("\n  ".join([READ, *lines]))


def name_lost(*, refuse: bool) -> None:
    """Name what rows hold that no enum has; Alembic tells what else has changed."""
    lines = list(lost_members(context.get_bind(), Base.metadata))
    if lines and refuse:
        raise CommandError("\n  ".join([LOST, *lines]))
    if lines:
        logger.warning("\n  ".join([LOST, *lines]))


def render_moment(
    kind: str, item: object, context: AutogenContext
) -> str | Literal[False]:
    """Write the type of a moment as migrations import it, and leave the rest alone."""
    if not isinstance(item, UtcDateTime):
        return False

    context.imports.add(f"from {UtcDateTime.__module__} import UtcDateTime")
    return "UtcDateTime()"


def is_ours(
    _: object, name: str | None, kind: str, reflected: bool, model: object
) -> bool:
    """Leave tables alone that neither a model nor a migration has made."""
    if kind != "table" or not reflected or model is not None:
        return True

    return name in tables_created(context.script)


OPTIONS: dict[str, Any] = {
    "compare_server_default": has_changed,
    "include_object": is_ours,
    "process_revision_directives": review,
    "render_item": render_moment,
}
