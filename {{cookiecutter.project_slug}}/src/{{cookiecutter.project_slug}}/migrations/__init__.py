{% include "sqlalchemy_layer/" ~ cookiecutter.sqlalchemy_layer ~ "/migrations.py" -%}
