{% include "example_app/" ~ cookiecutter.example_app ~ "/feature/views.py" -%}
