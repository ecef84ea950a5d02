"""Which files of ``templates/`` a project gets.

The folders there have the shape of a project named ``my_flask_app``. The answers choose
some of them. A file is in the project if one of these has it; where several have it,
the first does.
"""

import re
from collections.abc import Iterator
from collections.abc import Mapping
from functools import cache

from jinja2 import pass_context
from jinja2.runtime import Context

from . import passwords
from .catalogue import TEMPLATES
from .databases import Database
from .databases import read_database

Answers = Mapping[str, str]

# They stand for what is not known before the answers, so that files are ordinary Python
# and folders have names that a project may have.
SLUG = "my_flask_app"
PLACEHOLDERS = {
    SLUG: "{{ cookiecutter.project_slug }}",
    "my_feature": "{{ feature() }}",
}
FEATURES = {"yes": "students", "no": "welcome"}


def folders(answers: Answers) -> Iterator[str]:
    """Yield the folders of ``templates/`` that the answers choose, if they exist."""
    database = read_database(answers["database_url"])
    driver, dialect, kind = database.driver, database.dialect.folder, database.kind
    serving = "greenlets" if answers["greenlet_support"] == "yes" else "threads"
    yield f"driver/{driver.name}"
    if driver.socket:
        yield "driver_with/socket"
    if driver.lock:
        yield "driver_with/lock"
    if driver.unread:
        yield "driver_with/unread"
    if driver.time_out:
        yield "driver_with/time_out"
    if driver.pooler:
        yield "driver_with/pooler"
    if database.image:
        yield f"container/{dialect}"
    yield f"database/{dialect}"
    yield f"database/{kind}"
    yield f"serving/{serving}_{driver.name}"
    yield f"serving/{serving}_{kind}"
    yield f"serving/{serving}"
    yield f"layer/{answers['sqlalchemy_layer'].lower().replace('-', '_')}"
    yield f"example/{answers['example_app']}"


@cache
def files(folder: str) -> frozenset[str]:
    """Return the paths of the files in a folder of ``templates/``."""
    root = TEMPLATES / folder
    paths = (path for path in root.rglob("*") if path.is_file())
    return frozenset(path.relative_to(root).as_posix() for path in paths)


def sources(answers: Answers) -> dict[str, str]:
    """Return the files of ``templates/`` by their paths in a project."""
    found: dict[str, str] = {}
    for folder in folders(answers):
        for path in files(folder):
            found.setdefault(path, f"{folder}/{path}")

    return found


@pass_context
def chosen(context: Context, name: str) -> str:
    """Return the name of a file, or nothing if the project has no such file.

    The folder of a file is not known while its name is rendered, so in ``templates/`` a
    file that is not in every project has a name of its own.
    """
    names = {path.rpartition("/")[2] for path in sources(_answers(context))}
    return name if name in names else ""


@pass_context
def chosen_text(context: Context) -> str:
    """Return the text of the file that is being rendered, from ``templates/``."""
    source = sources(_answers(context))[_path(context)]
    # Cookiecutter looks for templates in a folder of this name.
    template = context.environment.get_template(source)
    return template.render(context.get_all()).rstrip("\n")


def _path(context: Context) -> str:
    """Return the path of the file that is being rendered, as it is in ``templates/``.

    For ``src/{{cookiecutter.project_slug}}/{{chosen('models.py')}}``, for example, that
    is ``src/my_flask_app/models.py``.
    """
    assert context.name is not None
    path = context.environment.from_string(context.name)
    answers = {**_answers(context), "project_slug": SLUG}
    return path.render({**context.get_all(), "cookiecutter": answers})


@pass_context
def database(context: Context) -> Database:
    """Return the database that the answers lead to, with its password."""
    return read_database(passwords.reveal(_answers(context)["database_url"]))


@pass_context
def feature(context: Context) -> str:
    """Return the name of the package with the first pages."""
    return FEATURES[_answers(context)["example_app"]]


def fill_in(source: str) -> str:
    """Return the source of a template, with expressions in place of placeholders."""
    names = "|".join(PLACEHOLDERS)
    return re.sub(rf"\b({names})\b", lambda found: PLACEHOLDERS[found[0]], source)


def _answers(context: Context) -> Answers:
    answers: Answers = context["cookiecutter"]
    return answers
