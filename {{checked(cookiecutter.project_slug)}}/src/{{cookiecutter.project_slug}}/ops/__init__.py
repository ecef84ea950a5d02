"""What the application needs to serve others; ``docs/production.md`` says how."""

from collections.abc import Callable
from typing import Any
from typing import TYPE_CHECKING

from .production import refuse_debug_mode
from .production import refuse_weak_key

if TYPE_CHECKING:
    from flask import Flask

# They complete a configuration, or refuse it.
SETTINGS: tuple[Callable[[dict[str, Any]], None], ...] = (
    refuse_debug_mode,
    refuse_weak_key,
)


def init_app(app: "Flask") -> None:
    """Add to an application what its users do not see."""
    # Here, as Gunicorn's first process imports this package, but not Flask.
    from ..database import db
    from ..database.contexts import initializing
    from . import health
    from . import queries
    from . import request_log

    with initializing(app):
        engine = db.engine

    queries.init_app(app, engine)
    health.init_app(app, engine)
    request_log.init_app(app)
