"""What must be set before the application serves others.

Tested in ``tests/ops/test_production.py``.
"""

import os
from collections.abc import Mapping
from typing import Any

from ..environment import ConfigError

MODES = ("production", "development")

# Of a key that cannot be guessed: the characters that it has, and of how many kinds.
LENGTH = 32
KINDS = 10

# Words in keys that wait to be replaced.
PLACEHOLDERS = ("change", "default", "example", "insert", "replace", "secret", "your-")


def is_production(config: Mapping[str, Any]) -> bool:
    """Tell whether the application serves others, as it does by default.

    The file ``.env`` has ``ENVIRONMENT=development``.

    :raises ConfigError: if ``ENVIRONMENT`` is something else.
    """
    mode = os.environ.get("ENVIRONMENT") or MODES[0]
    if mode not in MODES:
        raise ConfigError(f"ENVIRONMENT is {mode!r}; it must be {' or '.join(MODES)}")

    return mode == "production" and not config.get("TESTING")


def refuse_weak_key(config: Mapping[str, Any]) -> None:
    """Refuse a ``SECRET_KEY`` that others may guess.

    :raises ConfigError: in production, if it is short or a placeholder.
    """
    key = config.get("SECRET_KEY")
    if key is None or not is_production(config):
        return

    text = key.decode("latin-1") if isinstance(key, bytes) else str(key)
    placeholder = any(word in text.lower() for word in PLACEHOLDERS)
    if len(text) < LENGTH or len(set(text)) < KINDS or placeholder:
        raise ConfigError(
            f"SECRET_KEY can be guessed; it must have {LENGTH} random characters, as"
            " python3 -c 'import secrets; print(secrets.token_urlsafe())' prints them"
        )


def refuse_debug_mode(config: Mapping[str, Any]) -> None:
    """Refuse the mode in which Flask's debugger runs what a visitor sends.

    :raises ConfigError: in production, if it is on.
    """
    # Here, as Gunicorn's first process imports this module, but not Flask.
    from flask.helpers import get_debug_flag

    on = get_debug_flag() or config.get("DEBUG")
    if on and is_production(config):
        raise ConfigError("FLASK_DEBUG is on; it must be off in production")
