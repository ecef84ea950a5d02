{% include "greenlet_support/" ~ cookiecutter.greenlet_support ~ "/gunicorn.conf.py" -%}
