"""Gunicorn answers every request on a thread of its own."""

import os

from my_flask_app.environment import load_env

load_env()

wsgi_app = "my_flask_app.app:create_app()"
bind = f"{os.environ.get('HOST', '127.0.0.1')}:{os.environ.get('PORT', '5000')}"
workers = int(os.environ.get("WEB_CONCURRENCY", "2"))
threads = int(os.environ.get("THREADS", "{{ 32 if database().kind == 'sqlite' else 8 }}"))
{%- if database().kind == "server" %}

# Two connections for every thread: one for its request, one for a context nested in it.
# The server must allow workers * pool size.
pool_size = os.environ.get("DATABASE_POOL_SIZE", 2 * threads)
raw_env = [f"DATABASE_POOL_SIZE={pool_size}"]
{%- endif %}
