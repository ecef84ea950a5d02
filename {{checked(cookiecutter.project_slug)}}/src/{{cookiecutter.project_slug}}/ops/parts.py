"""What the application takes from this package: its settings, and ``init_ops``.

Tested in ``tests/ops/test_production.py``.
"""

from collections.abc import Callable
from typing import Any

from flask import Flask

from ..database import db
from ..database.contexts import initializing
from . import health
from . import queries
from . import request_log
from . import security
from .production import refuse_debug_mode
from .production import refuse_weak_key

# They complete a configuration, or refuse it.
SETTINGS: tuple[Callable[[dict[str, Any]], None], ...] = (
    refuse_debug_mode,
    refuse_weak_key,
    security.add_numbers,
    security.add_hosts,
    security.protect_cookie,
    security.hide_parameters,
)


def init_ops(app: Flask) -> None:
    """Add to an application what its users do not see."""
    with initializing(app):
        engine = db.engine

    security.init_app(app)
    queries.init_app(app, engine)
    health.init_app(app, engine)
    # Around all others, whose time it shows.
    request_log.init_app(app)
