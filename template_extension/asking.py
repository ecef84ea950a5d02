"""What happens between the questions: each answer is checked when it is given."""

import sys
from difflib import get_close_matches

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

# The one is the name of folders, and the other of a migration that may have been run.
LASTING = {"project_slug", "example_app"}


def begin() -> str:
    """Refuse what cannot work before anything is asked, and return nothing."""
    version = cookiecutter.__version__
    if tuple(map(int, version.split(".")[:2])) < OLDEST:
        callers.end(f"This is Cookiecutter {version}; the template needs 2.3 or later.")

    refuse_other_names()
    if is_something_asked() and is_nobody_there():
        answers = {"database_url": "postgresql://me@localhost/shop"}
        callers.end(
            "The questions need a terminal. Without one, pass what differs from the"
            f" defaults, as in: {command_for(answers)}"
        )

    passwords.forget()
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


def is_something_asked() -> bool:
    """Tell whether there will be a question; a replay file may have all answers."""
    names = callers.prompt().get("context", {}).get("cookiecutter", {})
    return callers.is_person_asked() and any(name[0] != "_" for name in names)


def is_nobody_there() -> bool:
    """Tell whether the input has ended before the first answer."""
    if sys.stdin is None or sys.stdin.isatty():
        return sys.stdin is None

    peek = getattr(sys.stdin.buffer, "peek", None)
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
    template = context.environment.from_string(questions.config()[name])
    default = likely or template.render(context.get_all())
    answer: str = read_user_variable(name, default, asked["prompts"], asked["prefix"])
    return answer
