{% include "backend/" ~ cookiecutter.__kind ~ "/test_connections.py" -%}
