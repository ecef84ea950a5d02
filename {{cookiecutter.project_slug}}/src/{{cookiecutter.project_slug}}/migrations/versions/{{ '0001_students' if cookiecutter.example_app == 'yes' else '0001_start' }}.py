{% include "example_app/" ~ cookiecutter.example_app ~ "/0001.py" -%}
