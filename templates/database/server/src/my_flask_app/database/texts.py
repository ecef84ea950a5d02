"""Tables hold every text, and take for equal only what is the same.

What a table is created with is said here, so that it does not depend on the defaults of
the server and of the database.

Tested in ``tests/database/test_texts.py``.
"""

from typing import Any

from sqlalchemy import Engine
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.schema import CreateTable

from . import dialect

# Parts of the names of options that say what holds text.
CHOSEN = ("charset", "character_set", "collate")


def protect(engine: Engine) -> None:
    """Create tables with the options of the dialect."""
    compiles(CreateTable, engine.dialect.name)(create_table)


def create_table(element: CreateTable, compiler: Any, **kwargs: Any) -> str:
    """Return the statement, with what the table itself does not say."""
    table, prefix = element.element, compiler.dialect.name
    if not any(key.endswith(CHOSEN) for key in table.dialect_kwargs):
        for option, value in dialect.table_options(compiler.dialect).items():
            table.dialect_kwargs[f"{prefix}_{option}"] = value

    return str(compiler.visit_create_table(element, **kwargs))
