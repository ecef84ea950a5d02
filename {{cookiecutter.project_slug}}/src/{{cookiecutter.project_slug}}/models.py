{% include "example_app/" ~ cookiecutter.example_app ~ "/models.py" -%}
