"""Somebody answers the questions at a terminal, and makes mistakes."""

import re
import sys
from pathlib import Path

import pytest
from dotenv import dotenv_values

from tests.conftest import Project
from tests.conftest import ROOT
from tests.terminals import files_with
from tests.terminals import Terminal
from tests.versions import installed

COOKIECUTTER = Path(sys.executable).with_name("cookiecutter")
VERSIONS = ["newest", "2.3.0"]

# What somebody types who has never seen Cookiecutter, question by question.
STORY = [
    (1, "My Shop"),
    (2, "My Shop"),
    (2, ""),
    (3, ""),
    (4, "Zoë"),
    (5, "zoe@example.org"),
    (6, "postgressql://me:hunter2@localhost/shop"),
    (6, ""),
    (7, ""),
    (8, "yess"),
    (8, ""),
    (9, "y"),
]


@pytest.fixture(scope="module", params=VERSIONS)
def cookiecutter(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """Return the command of the newest and of the oldest version."""
    if request.param == "newest":
        return COOKIECUTTER

    return installed(f"cookiecutter=={request.param}", tmp_path_factory)


def tell(terminal: Terminal, story: list[tuple[int, str]]) -> None:
    for number, answer in story:
        terminal.answer(number, answer)


def test_somebody_who_mistypes_three_answers_gets_what_they_want(
    cookiecutter: Path, tmp_path: Path
) -> None:
    terminal = Terminal(tmp_path, [cookiecutter, ROOT])
    tell(terminal, STORY)
    assert terminal.wait() == 0
    project = tmp_path / "my_shop"
    assert dotenv_values(project / ".env")["DATABASE_URL"] == (
        "postgresql+psycopg://me:hunter2@localhost/shop"
    )
    assert (project / "compose.yaml").exists()
    assert (project / "src/my_shop/greenlets.py").exists()
    assert 'name = "Zoë", email = "zoe@example.org"' in (
        project / "pyproject.toml"
    ).read_text(encoding="utf-8")


def test_the_readme_shows_what_is_seen(tmp_path: Path) -> None:
    terminal = Terminal(tmp_path, [COOKIECUTTER, ROOT])
    tell(terminal, STORY)
    terminal.wait()
    lines = terminal.shown.replace(str(ROOT), "gh:…").strip().splitlines()
    shown = "\n".join(line.rstrip() for line in lines)
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert f"```\n{shown}\n```" in readme, shown


def test_a_password_that_is_typed_is_in_the_env_file_and_nowhere_else(
    cookiecutter: Path, tmp_path: Path
) -> None:
    terminal = Terminal(tmp_path, [cookiecutter, ROOT])
    tell(terminal, STORY)
    terminal.wait()
    assert files_with("hunter2", tmp_path) == ["my_shop/.env"]
    assert (tmp_path / "my_shop/.env").stat().st_mode & 0o777 == 0o600
    typed = "postgressql://me:hunter2@localhost/shop"
    assert terminal.shown.count("hunter2") == terminal.shown.count(typed) == 1


def test_enter_takes_each_default(cookiecutter: Path, tmp_path: Path) -> None:
    terminal = Terminal(tmp_path, [cookiecutter, ROOT])
    tell(terminal, [(number, "") for number in range(1, 10)])
    assert terminal.wait() == 0
    assert "it must" not in terminal.shown
    names = Project(tmp_path / "my_flask_app").files()
    assert "src/my_flask_app/students/views.py" in names


def test_a_folder_that_exists_is_told_at_its_question(tmp_path: Path) -> None:
    (tmp_path / "my_shop").mkdir()
    terminal = Terminal(tmp_path, [COOKIECUTTER, ROOT])
    tell(terminal, [(1, "My Shop"), (2, ""), (2, "")])
    tell(terminal, [(number, "") for number in range(3, 10)])
    assert terminal.wait() == 0
    line = "project_slug is 'my_shop', but my_shop exists; use another, or start again"
    assert line in terminal.shown
    assert (tmp_path / "my_shop_2/README.md").exists()
    assert list((tmp_path / "my_shop").iterdir()) == []


@pytest.mark.parametrize("number", range(1, 10))
@pytest.mark.parametrize("key", ["c", "d"])
def test_leaving_at_a_question_leaves_nothing_behind(
    tmp_path: Path, number: int, key: str
) -> None:
    terminal = Terminal(tmp_path, [COOKIECUTTER, ROOT])
    tell(terminal, [(before, "") for before in range(1, number)])
    terminal.interrupt_at(number, key)
    assert terminal.wait() == 1
    assert "Traceback" not in terminal.shown
    assert "Aborted!" in terminal.shown
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def test_a_driver_that_blocks_greenlets_is_changed_if_they_are_wanted(
    cookiecutter: Path, tmp_path: Path
) -> None:
    terminal = Terminal(tmp_path, [cookiecutter, ROOT])
    tell(terminal, [(number, "") for number in range(1, 6)])
    tell(terminal, [(6, "mysql+mysqldb://me:hunter2@db.example.org/shop")])
    tell(terminal, [(7, ""), (8, "yes"), (8, "2"), (9, "")])
    assert terminal.wait() == 0
    env = dotenv_values(tmp_path / "my_flask_app/.env")
    assert env["DATABASE_URL"] == "mysql+pymysql://me:hunter2@db.example.org/shop"


def test_a_password_that_was_given_is_not_shown_as_a_default(tmp_path: Path) -> None:
    url = "postgresql://me:hunter2@localhost/shop"
    terminal = Terminal(tmp_path, [COOKIECUTTER, ROOT, f"database_url={url}"])
    tell(terminal, [(number, "") for number in range(1, 6)])
    tell(terminal, [(6, "nonsense"), (6, ""), (7, ""), (8, ""), (9, "")])
    assert terminal.wait() == 0
    assert "hunter2" not in terminal.shown
    env = dotenv_values(tmp_path / "my_flask_app/.env")
    assert env["DATABASE_URL"] == "postgresql+psycopg://me:hunter2@localhost/shop"


def test_names_come_from_git(tmp_path: Path) -> None:
    (tmp_path / ".gitconfig").write_text("[user]\nname = Ada\nemail = ada@example.org")
    command = f"unset GIT_CONFIG_GLOBAL; {COOKIECUTTER} {ROOT}"
    terminal = Terminal(tmp_path, ["sh", "-c", command])
    tell(terminal, [(number, "") for number in range(1, 10)])
    assert terminal.wait() == 0
    assert (
        'name = "Ada", email = "ada@example.org"'
        in (tmp_path / "my_flask_app/pyproject.toml").read_text()
    )


def test_the_last_command_gives_the_same_project(tmp_path: Path) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    first.mkdir()
    second.mkdir()
    terminal = Terminal(first, [COOKIECUTTER, ROOT])
    tell(terminal, STORY)
    terminal.wait()
    command = re.findall(r"^ +(cookiecutter .*)$", terminal.shown, re.MULTILINE)[-1]
    again = Terminal(
        second, ["sh", "-c", f"PATH={COOKIECUTTER.parent}:$PATH {command}"]
    )
    assert again.wait() == 0
    one, other = Project(first / "my_shop").files(), Project(second / "my_shop").files()
    assert "in place of ***" in again.shown
    assert b"place of ***" in other.pop(".env")
    del one[".env"]
    assert one == other
