"""What happens between the questions: each answer is checked when it is given."""

import sys
from collections.abc import Mapping
from contextlib import suppress
from difflib import get_close_matches
from typing import Any

import cookiecutter
from cookiecutter.prompt import read_user_variable
from jinja2 import pass_context
from jinja2.runtime import Context

from . import callers
from . import passwords
from . import questions
from .answers import accepted
from .answers import Refused
from .commands import command_for
from .names import default_slug

OLDEST = (2, 3)

# What Cookiecutter itself adds to the answers.
COOKIECUTTERS_OWN = {"_checkout", "_commit", "_output_dir", "_repo_dir", "_template"}

# The one is the name of folders, and the other of a migration that may have been run.
LASTING = {"project_slug", "example_app"}


def begin() -> str:
    """Refuse what cannot work before anything is asked, and return nothing."""
    version = cookiecutter.__version__
    if tuple(map(int, version.split(".")[:2])) < OLDEST:
        callers.end(f"This is Cookiecutter {version}; the template needs 2.3 or later.")

    passwords.forget()
    refuse_other_names()
    hide_password()
    if is_something_asked() and is_nobody_there():
        answers = {"database_url": "postgresql://me@localhost/shop"}
        callers.end(
            "The questions need a terminal. Without one, pass what differs from the"
            f" defaults, as in: {command_for(answers)}"
        )

    return ""


def refuse_other_names() -> None:
    """Refuse an answer to a question that is not asked, which would have no effect."""
    names = questions.names()
    for name in callers.given():
        if name not in names:
            close = get_close_matches(name.lower(), names, 1)
            meant = f"; did you mean {close[0]!r}?" if close else "."
            callers.end(
                f"There is no question {name!r}{meant} The names are"
                f" {', '.join(names)}."
            )

    for name in LASTING & callers.answers_to_update().keys():
        callers.end(f"{name} cannot be changed by an update.")

    refuse_other_values(callers.asked())


def refuse_other_values(answers: Mapping[str, Any]) -> None:
    """Refuse what is not text, and what would change the template itself."""
    for name, answer in answers.items():
        own = questions.config().get(name)
        if name in questions.names():
            if isinstance(answer, dict | list):
                callers.end(f"{name} is a {type(answer).__name__}; it must be text.")
        elif answer != own and name not in COOKIECUTTERS_OWN:
            callers.end(f"{name} belongs to the template, and cannot be changed.")


def hide_password() -> None:
    """Keep a URL that was given from being shown as a default with its password."""
    answers = callers.asked()
    if "database_url" in answers:
        with suppress(ValueError):
            answers["database_url"] = passwords.hide(answers["database_url"])


def is_something_asked() -> bool:
    """Tell whether there will be a question; a replay file may have all answers."""
    return callers.is_person_asked() and any(it[0] != "_" for it in callers.asked())


def is_nobody_there() -> bool:
    """Tell whether the input has ended before the first answer."""
    if sys.stdin is None or sys.stdin.isatty():
        return sys.stdin is None

    peek = getattr(getattr(sys.stdin, "buffer", None), "peek", None)
    return peek is not None and not peek(1)


@pass_context
def accept(context: Context, name: str) -> str:
    """Keep an answer if it can work, and return nothing; else ask again, or end."""
    refuse_other_names()  # The name of the expression that begins may be given, too.
    answers = context["cookiecutter"]
    if name not in answers:
        return ""  # It is in a replay file, and is checked later.

    given, refused = answers[name], None
    while True:
        try:
            answers[name] = accepted(name, given, answers, refused)
            if name == "project_slug":
                refuse_existing_folder(answers[name])

            return ""
        except Refused as error:
            refused = error

        if not callers.is_person_asked():
            callers.end(str(refused))

        show(refused)
        given = ask_again(context, name, refused.likely)


def refuse_existing_folder(slug: str) -> None:
    """Refuse a name that Cookiecutter would refuse after the last question."""
    folder = callers.existing_folder(slug)
    if folder:
        raise Refused(
            f"project_slug is {slug!r}, but {folder} exists; use another, or start"
            " again with --overwrite-if-exists.",
            default_slug(f"{slug}_2"),
        )


def show(refused: Refused) -> None:
    """Print why an answer cannot work, as Cookiecutter prints."""
    # Versions that are to be refused come without it.
    from rich.console import Console
    from rich.padding import Padding
    from rich.text import Text

    line = f"{refused} {refused.hint}".rstrip()
    text = Padding(Text(line, style="red"), (0, 0, 0, 4), expand=False)
    Console().print(text)


def ask_again(context: Context, name: str, likely: str) -> str:
    """Ask as Cookiecutter did.

    :param likely: the default, in place of that of the question.
    """
    asked = callers.prompt()
    template = context.environment.from_string(callers.asked()[name])
    default = likely or template.render(context.get_all())
    answer: str = read_user_variable(name, default, asked["prompts"], asked["prefix"])
    return answer
