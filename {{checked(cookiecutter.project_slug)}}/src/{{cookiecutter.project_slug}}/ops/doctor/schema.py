"""What the doctor knows of migrations, tables and rows.

Tested in ``tests/ops/test_doctor.py``.
"""

from collections.abc import Iterator
from typing import Any

from alembic.autogenerate import compare_metadata
from alembic.runtime.environment import EnvironmentContext
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import text

from ...database import autogenerate
from ...database import Base
from ...database import dialect
from ...database.alembic_commands import make_config
from ...database.connections import broken_references
from ...database.enum_members import lost_members
from .setup import NotLooked
from .setup import Setup

AT_MOST = 5


def scripts() -> ScriptDirectory:
    return ScriptDirectory.from_config(make_config())


def applied_heads(setup: Setup) -> set[str]:
    return set(MigrationContext.configure(setup.connection).get_current_heads())


def joined(_: Setup) -> Iterator[str]:
    """One migration is the last."""
    if len(heads := sorted(scripts().get_heads())) > 1:
        yield f"{' and '.join(heads)} are the last. Run `flask db merge heads`."


def applied(setup: Setup) -> Iterator[str]:
    """The database has all migrations."""
    now, all_ = applied_heads(setup), scripts()
    known = {it.revision for it in all_.walk_revisions()}
    if unknown := ", ".join(sorted(now - known)):
        yield (
            f"The database has the migration {unknown}, which is not here. Deploy the"
            " version of the application that has it."
        )
    elif pending := list(all_.iterate_revisions("heads", tuple(now) or "base")):
        yield (
            f"The database lacks {len(pending)} of {len(known)} migrations, from"
            f" {pending[-1].revision} on. Run `flask db upgrade`."
        )


def modelled(setup: Setup) -> Iterator[str]:
    """The tables are as the models say."""
    if applied_heads(setup) != set(scripts().get_heads()):
        raise NotLooked("The database has to have all migrations first.")

    with EnvironmentContext(make_config(), scripts()) as environment:
        options = {**autogenerate.OPTIONS, **dialect.MIGRATION_OPTIONS}
        environment.configure(
            connection=setup.connection, target_metadata=Base.metadata, **options
        )
        found = compare_metadata(environment.get_context(), Base.metadata)

    if found:
        names = ", ".join(map(described, found[:AT_MOST]))
        yield (
            f"{len(found)} differ: {names}. Run `flask db migrate`, read what it has"
            " written, and run `flask db upgrade`."
        )


def described(difference: Any) -> str:
    """Return in short what Alembic would do, and to what."""
    name, *items = difference[0][:4] if isinstance(difference, list) else difference
    named = [it if isinstance(it, str) else getattr(it, "name", None) for it in items]
    return f"{name} {'.'.join(filter(None, named))}"


def stored(setup: Setup) -> Iterator[str]:
    """Rows hold members of their enums, and refer to rows that are there."""
    for line in lost_members(setup.connection, Base.metadata):
        yield f"{line}. Update them in a migration, or bring the members back."
    for line in sorted(broken_references(setup.connection))[:AT_MOST]:
        yield f"The {line}, which is not there. Delete it, or bring the other back."


def wide(setup: Setup) -> Iterator[str]:
    """The tables hold every text."""
    statement = dialect.NARROW
    if statement and (names := setup.connection.scalars(text(statement)).all()):
        yield f"{dialect.NARROW_MEANS}: {', '.join(names)}."


CHECKS = (joined, applied, modelled, stored, wide)
