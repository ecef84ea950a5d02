"""What the application needs to serve others; ``docs/production.md`` says how."""

from collections.abc import Callable
from typing import Any

from flask import Flask

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


def init_app(app: Flask) -> None:
    security.init_app(app)
