"""Gunicorn answers every request on a thread of its own."""

import os

from my_flask_app.environment import missing_settings

# What the file .env adds to the environment; Gunicorn reads it again on HUP.
added = missing_settings()
settings = os.environ | added

wsgi_app = "my_flask_app.app:create_app()"
bind = f"{settings.get('HOST', '127.0.0.1')}:{settings.get('PORT', '5000')}"
workers = int(settings.get("WEB_CONCURRENCY", "2"))
threads = int(settings.get("THREADS", "{{ 32 if database().kind == 'sqlite' else 8 }}"))
{%- if database().kind == "server" %}

# Two connections for every thread: one for its request, one for a context nested in it.
# The server must allow workers * pool size.
pool_size = settings.get("DATABASE_POOL_SIZE", 2 * threads)
added["DATABASE_POOL_SIZE"] = str(pool_size)
{%- endif %}

raw_env = [f"{name}={value}" for name, value in added.items()]
