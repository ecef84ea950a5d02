"""Alembic runs this file; what it does is in ``database/migrations.py``."""

from my_flask_app.database import migrations

migrations.run()
