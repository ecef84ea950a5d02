{% include "sqlalchemy_layer/" ~ cookiecutter.sqlalchemy_layer ~ "/database.py" -%}
