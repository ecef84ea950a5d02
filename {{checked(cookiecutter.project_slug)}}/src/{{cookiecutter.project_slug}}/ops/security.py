"""What protects an application that everybody can reach.

Tested in ``tests/ops/test_security.py``.
"""

import os
import re
from collections.abc import Iterable
from typing import Any

from flask import Flask
from werkzeug.middleware.proxy_fix import ProxyFix

from ..environment import ConfigError
from ..environment import number
from .production import is_production

# In bytes, of a request. It suits forms, and is what nginx allows.
LARGEST = 1024 * 1024

# A name, with a dot before it if those below it count, too. Werkzeug takes no others.
HOST = re.compile(r"\.?[\w-]+(\.[\w-]+)*")

# What a view sets itself goes first. Scripts and styles are files in static/, as one
# that stands in a page may be an attacker's.
HEADERS = {
    "Content-Security-Policy": "default-src 'self'; base-uri 'none'; form-action 'self'"
    "; frame-ancestors 'none'; object-src 'none'",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
}

# A year, and for this host only: those below it may be of others. In development it
# would keep a browser from whatever else is on localhost.
HSTS = "max-age=31536000"


def add_numbers(config: dict[str, Any]) -> None:
    """Read how many proxies are in front, and how many bytes a request may have.

    :raises ConfigError: if one of them is no number.
    """
    if "PROXIES" not in config:
        config["PROXIES"] = number("PROXIES", 0, most=100, least=0)
    if "MAX_CONTENT_LENGTH" not in config:
        most = 2**40
        config["MAX_CONTENT_LENGTH"] = number("MAX_CONTENT_LENGTH", LARGEST, most)


def add_hosts(config: dict[str, Any]) -> None:
    """Read the hosts that the application has.

    :raises ConfigError: if one is something else, such as a URL.
    """
    text = os.environ.get("TRUSTED_HOSTS")
    if text and "TRUSTED_HOSTS" not in config:
        hosts = [host.strip() for host in text.split(",")]
        for host in hosts:
            if not HOST.fullmatch(host):
                raise ConfigError(
                    f"TRUSTED_HOSTS has {host!r}; it must have names such as"
                    " example.org,.example.org and no scheme or port"
                )

        config["TRUSTED_HOSTS"] = hosts


def protect_cookie(config: dict[str, Any]) -> None:
    """Send the session's cookie to this site only; Flask makes it ``HttpOnly``."""
    config.setdefault("SESSION_COOKIE_SECURE", is_production(config))
    config.setdefault("SESSION_COOKIE_SAMESITE", "Lax")


def hide_parameters(config: dict[str, Any]) -> None:
    """Keep what people have written out of errors, but show it to developers."""
    options = config.get("SQLALCHEMY_ENGINE_OPTIONS", {})
    ours = {"hide_parameters": is_production(config)}
    config["SQLALCHEMY_ENGINE_OPTIONS"] = {**ours, **options}


def init_app(app: Flask) -> None:
    hsts = {"Strict-Transport-Security": HSTS} if is_production(app.config) else {}
    wsgi_app = app.wsgi_app

    def protected(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        secure = environ["wsgi.url_scheme"] == "https"
        ours = HEADERS | hsts if secure else HEADERS

        def start(status: str, given: list[tuple[str, str]], *others: Any) -> Any:
            names = {name.lower() for name, _ in given}
            added = [it for it in ours.items() if it[0].lower() not in names]
            return start_response(status, given + added, *others)

        return wsgi_app(environ, start)

    app.wsgi_app = protected  # type: ignore[method-assign]
    if proxies := app.config["PROXIES"]:
        app.wsgi_app = ProxyFix(  # type: ignore[method-assign]
            app.wsgi_app, x_for=proxies, x_proto=proxies, x_host=proxies
        )
