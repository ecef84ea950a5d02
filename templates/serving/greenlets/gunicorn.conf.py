"""Gunicorn answers every request on a greenlet of its own."""

import os

import my_flask_app.greenlets  # noqa: F401  (patches when imported)
from my_flask_app.environment import load_env

load_env()

wsgi_app = "my_flask_app.app:create_app()"
bind = f"{os.environ.get('HOST', '127.0.0.1')}:{os.environ.get('PORT', '5000')}"
workers = int(os.environ.get("WEB_CONCURRENCY", "2"))
worker_class = "gevent"
worker_connections = int(os.environ.get("WORKER_CONNECTIONS", "100"))
{%- if database().kind == "server" %}

# A connection for every fifth greenlet: a request needs one for a part of its time, and
# waits its turn. The server must allow workers * pool size.
pool_size = os.environ.get("DATABASE_POOL_SIZE", max(1, worker_connections // 5))
raw_env = [f"DATABASE_POOL_SIZE={pool_size}"]
{%- endif %}
