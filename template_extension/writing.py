"""What happens while files are written: a check, the file ``.env``, the last words."""

import json
import os
import re
import shlex
from collections.abc import Iterator
from pathlib import Path

from jinja2 import pass_context
from jinja2.runtime import Context

from . import callers
from . import passwords
from . import questions
from . import tree
from .answers import accepted
from .answers import Refused
from .asking import refuse_other_names
from .asking import refuse_other_values
from .commands import command_for
from .commands import command_to_create
from .commands import remark_on_creation
from .databases import Database
from .urls import STARS
from .urls import take_apart
from .urls import with_secrets

# The environment variable with what the hook prints. It is no part of the hook, as
# Cookiecutter leaves rendered hooks behind in the folder for temporary files.
NEXT_STEPS = "COOKIECUTTER_FLASK_SQLALCHEMY_NEXT_STEPS"


@pass_context
def checked(context: Context, slug: str) -> str:
    """Return the slug, if all answers can work, however they came.

    Those of a replay file pass by the questions.
    """
    refuse_other_names()
    answers = context["cookiecutter"]
    refuse_other_values({name: it for name, it in answers.items() if name[:2] != "__"})
    for name in questions.names():
        try:
            answers[name] = accepted(name, answers[name], answers)
        except KeyError:
            callers.end(f"{name} is not answered.")
        except Refused as refused:
            callers.end(str(refused))

    os.environ.pop(NEXT_STEPS, None)
    return str(answers["project_slug"])


@pass_context
def private(context: Context, name: str) -> str:
    """Write the file that is being rendered for its owner alone, if it is not there.

    Return nothing, so that Cookiecutter does not write it.
    """
    if callers.is_updating():
        return ""

    folder = callers.project_folder()
    source = context.environment.get_template(f"{{{{private({name!r})}}}}")
    is_new = write_for_owner(folder / name, source.render(context.get_all()))
    if callers.is_command():
        # Not every locale can have any text in its environment.
        os.environ[NEXT_STEPS] = json.dumps("\n".join(next_steps(context, is_new)))

    passwords.forget()
    return ""


def write_for_owner(path: Path, text: str) -> bool:
    """Write a new file, and tell whether there was none; never follow a link."""
    try:
        file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return False

    with open(file, "w", encoding="utf-8", newline="\n") as stream:
        stream.write(text)

    return True


def next_steps(context: Context, env_is_new: bool) -> Iterator[str]:
    """Yield the lines that people are told in the end."""
    slug = context["cookiecutter"]["project_slug"]
    database = tree.database(context)
    folder = callers.output_folder() / slug
    env = folder / ".env"
    if env_is_new and database.lacks_secret:
        twice = ", and after DATABASE_PASSWORD=" if database.image else ""
        first = f"Write the password into {env}, in place of {STARS}{twice}. Then:"
    else:
        first = "Next:"

    commands = (command_to_create(database), "make run\n")
    yield f"Created {slug}. {first}\n"
    yield f"    cd {shlex.quote(str(folder))}"
    yield from (f"    {command}" for command in commands if command)
    yield from filter(None, remarks(context, database, env, env_is_new))
    yield f"To repeat this without questions:\n\n    {command_for(changed(context))}\n"


def remarks(
    context: Context, database: Database, env: Path, env_is_new: bool
) -> Iterator[str]:
    """Yield what people have to know besides, or nothing."""
    yield remark_on_creation(database)
    if not env_is_new:
        yield f"The existing {env} was not changed; compare it with .env.example."
    elif database.password and not database.lacks_secret:
        yield f"The password is in {env}, which git ignores."
    if callers.replay_folder() and is_given_with_password(context):
        yield (
            f"Cookiecutter has stored the password in {callers.replay_folder()},"
            " because it was given on the command line."
        )


def changed(context: Context) -> dict[str, str]:
    """Return the answers that are not what they are for everybody by default."""
    answers = context["cookiecutter"]
    texts = {name: questions.config()[name] for name in questions.names()}
    return {
        name: answers[name]
        for name, text in texts.items()
        if answers[name] != default(context, text)
    }


def default(context: Context, text: str) -> str:
    # On another machine, git may know somebody else, or nobody.
    plain = re.sub(r" \| git_config\(.*?\)", "", text)
    return context.environment.from_string(plain).render(context.get_all())


def is_given_with_password(context: Context) -> bool:
    """Tell whether a password was in an answer before it came to a question."""
    given = context.get_all().get("_cookiecutter", {}).get("database_url", "")
    try:
        parts = take_apart(given)
    except ValueError:
        return False

    return with_secrets(parts, STARS) != parts
