"""Importing this module applies gevent's monkey patch.

gevent replaces what blocks in the standard library. A module that was imported before
may keep the blocking functions and stop every greenlet of the process, so this one is
imported first: by ``gunicorn.conf.py``, and by the tests.
"""

{% if cookiecutter._drivers[cookiecutter.__database.driver].module -%}
import sys

{% endif -%}
from gevent import monkey
{%- if cookiecutter.__database.driver == "psycopg2" %}
from psycogreen.gevent import patch_psycopg
{%- endif %}
{%- if cookiecutter._drivers[cookiecutter.__database.driver].module %}

if "{{ cookiecutter._drivers[cookiecutter.__database.driver].module }}" in sys.modules:
    raise RuntimeError(
        "{{ cookiecutter._drivers[cookiecutter.__database.driver].module }} was imported before gevent could patch what it waits with, and"
        " would block every greenlet; import this module first"
    )
{%- endif %}

monkey.patch_all()
{%- if cookiecutter.__database.driver == "psycopg2" %}
patch_psycopg()
{%- endif %}
