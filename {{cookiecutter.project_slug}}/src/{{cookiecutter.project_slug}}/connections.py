{% include "backend/" ~ cookiecutter.__kind ~ "/connections.py" -%}
