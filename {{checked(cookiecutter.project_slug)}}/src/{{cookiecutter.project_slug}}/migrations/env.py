"""Alembic runs this file; what it does is in ``database/migrations.py``."""

from contextlib import nullcontext

from flask import has_app_context

from my_flask_app.app import create_app
from my_flask_app.database import migrations

# `flask db` has a context, and the command `alembic` has none.
with nullcontext() if has_app_context() else create_app().app_context():
    migrations.run()
