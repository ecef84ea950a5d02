"""Gunicorn answers every request on a greenlet of its own."""

import os

import my_flask_app.greenlets  # noqa: F401  (patches when imported)
from my_flask_app.environment import missing_settings

# What the file .env adds to the environment; Gunicorn reads it again on HUP.
added = missing_settings()
settings = os.environ | added

wsgi_app = "my_flask_app.app:create_app()"
bind = f"{settings.get('HOST', '127.0.0.1')}:{settings.get('PORT', '5000')}"
workers = int(settings.get("WEB_CONCURRENCY", "2"))
worker_class = "gevent"
worker_connections = int(settings.get("WORKER_CONNECTIONS", "100"))
{%- if database().kind == "server" %}

# A connection for every fifth greenlet: a request needs one for a part of its time, and
# waits its turn. The server must allow workers * pool size.
pool_size = settings.get("DATABASE_POOL_SIZE", max(1, worker_connections // 5))
added["DATABASE_POOL_SIZE"] = str(pool_size)
{%- endif %}

raw_env = [f"{name}={value}" for name, value in added.items()]
