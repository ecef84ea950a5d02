"""Gunicorn answers every request on a thread of its own."""

import os

from dotenv import find_dotenv
from dotenv import load_dotenv

load_dotenv(find_dotenv(usecwd=True))

wsgi_app = "{{ cookiecutter.project_slug }}.app:create_app()"
bind = f"{os.environ.get('HOST', '127.0.0.1')}:{os.environ.get('PORT', '5000')}"
workers = int(os.environ.get("WEB_CONCURRENCY", "2"))
threads = int(os.environ.get("THREADS", "{{ 32 if cookiecutter.__kind == 'sqlite' else 8 }}"))
{%- if cookiecutter.__kind == "server" %}

# Two connections for every thread: one for its request, one for a context nested in it.
# The server must allow workers * pool size.
os.environ.setdefault("DATABASE_POOL_SIZE", str(2 * threads))
{%- endif %}
