"""What a project may be called."""

import keyword
import re
import sys
from functools import cache

from slugify import slugify

from .catalogue import ROOT
from .catalogue import TEMPLATES

# No two underscores together, as for installers that is the same name as with one.
SLUG = re.compile(r"[a-z][a-z0-9]*(?:_[a-z0-9]+)*")
SLUG_LENGTH = 30

# Import and distribution names of what a generated project may install, as
# tests/test_names.py keeps them.
INSTALLED = frozenset(
    """
    alembic asn1crypto ast_serialize attr attrs blinker certifi cffi charset_normalizer
    click colorama coverage cryptography dateutil dotenv exceptiongroup execnet flask
    flask_alembic flask_migrate flask_sqlalchemy flask_wtf gevent greenlet gunicorn
    hatchling idna iniconfig itsdangerous jinja2 librt mako markupsafe mypy
    mypy_extensions mypyc mysql mysql_connector mysql_connector_python mysqlclient
    mysqldb oracledb packaging pathspec pg8000 pip pkg_resources pluggy psutil
    psycogreen psycopg psycopg2 psycopg2_binary psycopg_binary psycopg_c psycopg_pool py
    pycparser pygments pymssql pymysql pyodbc pytest pytest_cov pytest_xdist
    python_dateutil python_dotenv ruff scramp setuptools six sqlalchemy
    sqlalchemy_cockroachdb sqlalchemy_utils sqlite tomli tomlkit trove_classifiers
    types_gevent types_greenlet types_psutil types_wtforms typing_extensions tzdata
    werkzeug wheel wtforms xdist zope zope_event zope_interface
    """.split()
)

# The device names that Windows keeps for itself, folders of a project, folders that
# tools pass over, modules that packages import if they are there, and what only some of
# Python 3.10 to 3.14 keep.
KEPT = frozenset(
    """
    aux com1 com2 com3 com4 com5 com6 com7 com8 com9 con lpt1 lpt2 lpt3 lpt4 lpt5 lpt6
    lpt7 lpt8 lpt9 nul prn
    database instance src test tests
    build dist node_modules venv
    hyperscan mimetools orjson
    aifc annotationlib asynchat asyncore audioop binhex cgi cgitb chunk compression
    crypt distutils imghdr imp lib2to3 mailcap msilib nis nntplib ossaudiodev pipes
    smtpd sndhdr spwd sunau telnetlib tomllib type uu xdrlib
    """.split()
) | {*sys.stdlib_module_names, *keyword.kwlist, *keyword.softkwlist}


@cache
def taken() -> frozenset[str]:
    """Return the names that no project can have."""
    return INSTALLED | KEPT | {name.lower() for name in test_modules()}


def test_modules() -> set[str]:
    """Return the names of the modules in the tests of any project."""
    folders = [*TEMPLATES.glob("*/*/tests"), *ROOT.glob("*cookiecutter*/tests")]
    paths = (path for folder in folders for path in folder.rglob("*.py*"))
    return {
        found[1] for path in paths if (found := re.search(r"(\w+)\.py\b", path.name))
    }


def default_slug(project_name: object) -> str:
    """Turn any text into a slug that is accepted."""
    slug = slugify(str(project_name), separator="_", max_length=SLUG_LENGTH)
    if not slug[:1].isalpha():
        slug = f"app_{slug}"[:SLUG_LENGTH]
    slug = slug.rstrip("_")
    candidates = (slug, f"{slug}_app", f"my_{slug}"[:SLUG_LENGTH].rstrip("_"))
    return next(it for it in candidates if it not in taken())


def is_slug(slug: object) -> bool:
    """Tell whether it has the form of a slug, be it taken or not."""
    return (
        isinstance(slug, str)
        and len(slug) <= SLUG_LENGTH
        and SLUG.fullmatch(slug) is not None
    )
