from datetime import datetime

import pytest
from flask import Flask
from helpers import tables
from sqlalchemy import Boolean
from sqlalchemy import Column
from sqlalchemy import DateTime
from sqlalchemy import DefaultClause
from sqlalchemy import false
from sqlalchemy import func
from sqlalchemy import inspect
from sqlalchemy import Integer
from sqlalchemy import MetaData
from sqlalchemy import Numeric
from sqlalchemy import String
from sqlalchemy import Table
from sqlalchemy import text
from sqlalchemy import true
from sqlalchemy.types import TypeEngine

from my_flask_app.database import db
from my_flask_app.database.server_defaults import has_changed

MOMENT = str(datetime(2020, 1, 1))

CASES = [
    (Boolean(), true(), false()),
    (String(20), "it's", "its"),
    (String(20), "", " "),
    (String(20), text("'new'"), "old"),
    (Integer(), "0", "1"),
    (Integer(), text("-1"), "1"),
    (Numeric(10, 2), "0.50", "0.25"),
    (DateTime(), MOMENT, None),
    (DateTime(), func.current_timestamp(), None),
]


@pytest.mark.parametrize(("kind", "default", "other"), CASES)
def test_only_another_literal_is_a_change(
    app: Flask, kind: TypeEngine[object], default: object, other: object
) -> None:
    metadata = MetaData()
    column = Column("it", kind, server_default=default)  # type: ignore[arg-type]
    table = Table("defaults", metadata, Column("id", Integer), column)
    with tables(app, metadata), app.app_context(), db.engine.connect() as context:
        found = {it["name"]: it for it in inspect(context).get_columns(table.name)}
        stored = found["it"]["default"]

        def changed(default: object) -> bool | None:
            clause = DefaultClause(default)  # type: ignore[arg-type]
            return has_changed(context, None, column, stored, clause, None)

        assert changed(default) is False
        assert other is None or changed(other) is True
