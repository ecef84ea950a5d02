{% include "example_app/" ~ cookiecutter.example_app ~ "/feature/__init__.py" -%}
