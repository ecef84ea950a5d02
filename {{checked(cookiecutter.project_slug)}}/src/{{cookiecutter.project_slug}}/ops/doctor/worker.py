"""A process that is set up like a worker of Gunicorn, and says how; see ``setup.py``.

Tested in ``tests/ops/test_doctor.py``.
"""

import json
import runpy
import sys
from importlib import import_module


def blocks(statement: str) -> bool:
    """Tell whether a statement of the database stops all other greenlets."""
    import_module("gevent.monkey").patch_all()
    from sqlalchemy import text

    from my_flask_app.app import create_app
    from my_flask_app.database import db

    with create_app().app_context(), db.engine.connect() as connection:
        other = import_module("gevent").spawn(int)
        connection.execute(text(statement))
        return not other.ready()


settings = runpy.run_path("gunicorn.conf.py")
defaults = {"worker_class": "sync", "workers": 1, "pool_size": 8}
found = {name: settings.get(name, it) for name, it in defaults.items()}
if statement := sys.argv[2]:
    found["blocks"] = blocks(statement)

print(json.dumps(found))
