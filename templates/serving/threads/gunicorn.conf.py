"""Gunicorn answers every request on a thread of its own."""

import os

from my_flask_app.environment import Hidden
from my_flask_app.environment import in_one_line
from my_flask_app.environment import missing_settings
from my_flask_app.environment import number

with in_one_line():
    # What the file .env adds to the environment; Gunicorn reads it again on HUP.
    added = missing_settings()
    settings = os.environ | added
    port = number("PORT", 5000, 65535, settings=settings)
    workers = number("WEB_CONCURRENCY", 2, settings=settings)
    threads = number("THREADS", {{ 32 if database().kind == 'sqlite' else 8 }}, settings=settings)
{%- if database().kind == "server" %}
    # Two connections for every thread: one for its request, one for a context nested in
    # it. The server must allow workers * pool size.
    pool_size = number("DATABASE_POOL_SIZE", 2 * threads, settings=settings)
    added["DATABASE_POOL_SIZE"] = str(pool_size)
{%- endif %}

wsgi_app = "my_flask_app.app:create_app()"
bind = f"{settings.get('HOST', '127.0.0.1')}:{port}"
# A proxy on this machine may pass on what any client writes into these headers. What
# proxies say is read by the application, if there are PROXIES.
forwarder_headers = ""
secure_scheme_headers: dict[str, str] = {}
raw_env = [Hidden(f"{name}={value}") for name, value in added.items()]
