"""What Cookiecutter's command does with the template, without a question."""

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
from cookiecutter import main
from dotenv import dotenv_values
from sqlalchemy import make_url

from tests.conftest import ROOT
from tests.repositories import commit
from tests.repositories import git
from tests.repositories import new_repository
from tests.terminals import environment
from tests.terminals import files_with

Result = subprocess.CompletedProcess[str]
Command = Callable[..., Result]


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """Return a folder that has all that a command leaves."""
    home = tmp_path / "home"
    home.mkdir()
    return home


@pytest.fixture
def cookiecutter(home: Path) -> Command:
    """Return the command, which is run in an empty home, with nothing to read."""

    def run(*arguments: "str | Path", **variables: str) -> Result:
        return subprocess.run(
            [sys.executable, "-m", "cookiecutter", *arguments],
            cwd=home,
            env=environment(home) | variables,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            encoding="utf-8",
            errors="replace",
        )

    return run


def files(folder: Path) -> list[str]:
    paths = (path for path in folder.rglob("*") if path.is_file())
    return sorted(path.relative_to(folder).as_posix() for path in paths)


REFUSED = [
    (["greenlet_support=maybe"], "greenlet_support is 'maybe'; it must be 1 (no) or 2"),
    (["project_slug=flask"], "project_slug is 'flask', which is already used by Pyt"),
    (["project_slug=test_app"], "project_slug is 'test_app', which is already used by"),
    (
        ["database_url=postgresql://me:hunter2@localhost"],
        "database_url is 'postgresql://me:***@localhost'; it must name a",
    ),
    (
        ["database_url=host=h password=hunter2 dbname=d"],
        "database_url is 'host=h password=***'; it must be an SQLAlchemy URL",
    ),
    (
        ["project_name=two\nlines 🦆"],
        "project_name is 'two\\nlines 🦆'; it must be one",
    ),
    (
        ["database_url=mysql+mysqldb://h/d", "greenlet_support=yes"],
        "greenlet_support is 'yes', but 'mysqldb' blocks all greenlets: use 'pymysql'",
    ),
    (
        ["databse_url=x"],
        "There is no question 'databse_url'; did you mean 'database_url'? The names",
    ),
    (["__database_url=x"], "There is no question '__database_url'; did you mean 'data"),
    (["__begin=x"], "There is no question '__begin'. The names are project_name"),
    (["_new_lines=x"], "There is no question '_new_lines'. The names are project_n"),
]


@pytest.mark.parametrize(("answers", "line"), REFUSED, ids=lambda it: str(it)[:40])
def test_a_bad_answer_ends_in_one_line_and_leaves_nothing(
    cookiecutter: Command, home: Path, answers: list[str], line: str
) -> None:
    result = cookiecutter("--no-input", ROOT, *answers)

    assert (result.returncode, result.stderr) == (1, "")
    assert result.stdout.startswith(line)
    assert len(result.stdout.splitlines()) == 1
    assert files(home) == []


def test_good_answers_reach_the_project(cookiecutter: Command, home: Path) -> None:
    url = 'postgresql://me:it\'s "$HOME" #1 \\o/ 100%@[::1]/shop'

    result = cookiecutter(
        *("--no-input", ROOT, "project_name=Ünï 🦆", f"database_url={url}"),
        *("greenlet_support=Y", "sqlalchemy_layer=2"),
    )

    assert result.returncode == 0, result.stdout + result.stderr
    written = dotenv_values(home / "uni" / ".env")["DATABASE_URL"] or ""
    expected = make_url(url).set(drivername="postgresql+psycopg")
    assert make_url(written) == expected
    assert (home / "uni/src/uni/greenlets.py").exists()


EXECUTED = "{{ cycler.__init__.__globals__.os.popen('touch executed').read() }}"


def test_the_path_to_the_template_may_be_relative(
    cookiecutter: Command, home: Path
) -> None:
    (home / "template").symlink_to(ROOT)
    result = cookiecutter("--no-input", "./template")
    assert result.returncode == 0, result.stderr
    assert "Created my_flask_app. Next:" in result.stdout
    assert result.stderr == ""


def test_what_is_typed_is_never_executed(cookiecutter: Command, home: Path) -> None:
    config = home / "config.yaml"
    config.write_text(json.dumps({"default_context": {"author_name": EXECUTED}}))
    result = cookiecutter(
        *("--no-input", "--config-file", config, ROOT),
        *(f"description={EXECUTED}", "project_name={% raw %}{{ 7 * 7 }} {# #}"),
        "project_slug=shop",
    )

    assert result.returncode == 0, result.stdout + result.stderr
    readme = (home / "shop/README.md").read_text(encoding="utf-8")
    assert readme.startswith(f"# {{% raw %}}{{{{ 7 * 7 }}}} {{# #}}\n\n{EXECUTED}\n")
    assert "popen" in (home / "shop/pyproject.toml").read_text()
    assert not list(home.rglob("executed")) and not (ROOT / "executed").exists()


def test_without_anybody_there_the_command_is_shown_instead(
    cookiecutter: Command, home: Path
) -> None:
    result = cookiecutter(ROOT)

    assert result.returncode == 1
    assert result.stdout == (
        "The questions need a terminal. Without one, pass what differs from the"
        f" defaults, as in: cookiecutter --no-input {ROOT}"
        " database_url=postgresql://me@localhost/shop\n"
    )
    assert files(home) == []


def test_a_password_on_the_command_line_is_where_the_run_says(
    cookiecutter: Command, home: Path
) -> None:
    result = cookiecutter(
        "--no-input", ROOT, "database_url=postgresql://me:hunter2@db.example.org/shop"
    )

    assert f"has stored the password in {home}/.cookiecutter_replay" in result.stdout
    assert "hunter2" not in result.stdout + result.stderr
    replay = f".cookiecutter_replay/{ROOT.name}.json"
    assert files_with("hunter2", home) == [replay, "my_flask_app/.env"]


@pytest.fixture
def replay(cookiecutter: Command, home: Path) -> Path:
    """Return the replay file of a project that was generated and is gone again."""
    cookiecutter("--no-input", ROOT, "database_url=mysql://me:hunter2@localhost/shop")
    shutil.rmtree(home / "my_flask_app")
    return home / ".cookiecutter_replay" / f"{ROOT.name}.json"


def test_a_project_from_a_replay_file_says_what_to_put_where(
    cookiecutter: Command, home: Path, replay: Path
) -> None:
    result = cookiecutter("--replay-file", replay, ROOT)

    assert result.returncode == 0, result.stdout + result.stderr
    assert result.stdout.startswith(
        "Created my_flask_app. Write the password into my_flask_app/.env, in place of"
        " ***, and after DATABASE_PASSWORD=. Then:\n\n    cd my_flask_app\n"
    )
    env = (home / "my_flask_app/.env").read_text()
    assert env.startswith("# Write the password in place of ***.\nDATABASE_URL='mysql+")
    assert dotenv_values(home / "my_flask_app/.env")["DATABASE_PASSWORD"] == ""
    assert (home / "my_flask_app/compose.yaml").exists()


@pytest.mark.parametrize(
    ("name", "value", "line"),
    [
        (
            "project_slug",
            "../../escaped/pkg",
            "project_slug is '../../escaped/pkg'; it",
        ),
        ("greenlet_support", "maybe", "greenlet_support is 'maybe'; it must be 1 (no)"),
        ("database_url", "x\nFLASK_DEBUG=1", "database_url is 'x\\nFLASK_DEBUG=1'; "),
        ("description", None, "description is None; it must be one line without"),
    ],
)
def test_a_replay_file_passes_by_no_check(
    cookiecutter: Command, home: Path, replay: Path, name: str, value: str, line: str
) -> None:
    answers = json.loads(replay.read_text())
    answers["cookiecutter"][name] = value
    replay.write_text(json.dumps(answers))
    before = files(home)
    result = cookiecutter("--replay-file", replay, ROOT)

    assert result.returncode == 1
    assert result.stdout.startswith(line)
    assert "Traceback" not in result.stdout + result.stderr
    assert files(home) == before


@pytest.mark.parametrize(
    ("name", "value"),
    [
        (
            "_jinja2_env_vars",
            {"variable_start_string": "{{checked(", "variable_end_string": ")}}"},
        ),
        ("_copy_without_render", ["*"]),
        ("_new_lines", "x"),
        ("_choices", {}),
        ("_unknown", "x"),
    ],
)
def test_a_replay_file_does_not_change_the_template(
    cookiecutter: Command, home: Path, replay: Path, name: str, value: object
) -> None:
    answers = json.loads(replay.read_text())
    answers["cookiecutter"] |= {name: value, "project_slug": "../escaped"}
    replay.write_text(json.dumps(answers))
    before = files(home)
    result = cookiecutter("--replay-file", replay, ROOT)

    assert result.returncode == 1
    assert result.stdout.startswith(f"{name} belongs to the template, and cannot be")
    assert "Traceback" not in result.stdout + result.stderr
    assert files(home) == before
    assert not (home.parent / "escaped").exists()


@pytest.mark.parametrize(
    ("defaults", "line"),
    [
        ({"database_url": {"a": "b"}}, "database_url is a dict; it must be text."),
        ({"database_url": ["x", "y"]}, "database_url is a list; it must be text."),
        ({"description": {"a": "b"}}, "description is a dict; it must be text."),
        ({"__database_url": ""}, "__database_url belongs to the template, and cannot"),
        ({"_new_lines": "x"}, "_new_lines belongs to the template, and cannot be"),
    ],
    ids=str,
)
def test_a_config_file_does_not_change_the_template(
    cookiecutter: Command, home: Path, defaults: dict[str, object], line: str
) -> None:
    config = home / "config.yaml"
    config.write_text(json.dumps({"default_context": defaults}))
    url = "database_url=postgresql://me:hunter2@localhost/shop"
    given = [] if "database_url" in defaults else [url]
    result = cookiecutter("--no-input", "--config-file", config, ROOT, *given)

    assert result.returncode == 1
    assert result.stdout.startswith(line)
    assert "Traceback" not in result.stdout + result.stderr
    assert files(home) == ["config.yaml"]


def test_yes_and_no_of_a_config_file_are_choices(
    cookiecutter: Command, home: Path
) -> None:
    config = home / "config.yaml"
    config.write_text("default_context:\n  greenlet_support: yes\n  example_app: no\n")
    result = cookiecutter("--no-input", "--config-file", config, ROOT)

    assert result.returncode == 0, result.stdout
    assert (home / "my_flask_app/src/my_flask_app/greenlets.py").exists()
    assert (home / "my_flask_app/src/my_flask_app/welcome").exists()


def test_an_answer_that_is_a_text_of_the_template_is_text_too(
    cookiecutter: Command, home: Path
) -> None:
    typed = ["{{ begin() }}", "{{ 'you@example.com' | git_config('author_email') }}"]
    given = [f"description={typed[0]}", f"author_name={typed[1]}"]
    result = cookiecutter("--no-input", ROOT, *given)

    assert result.returncode == 0, result.stdout
    toml = (home / "my_flask_app/pyproject.toml").read_text()
    assert f'description = "{typed[0]}"' in toml
    assert f'name = "{typed[1]}"' in toml


@pytest.mark.parametrize(
    "variables",
    [
        {"PYTHONIOENCODING": "cp1252"},
        {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
    ],
    ids=str,
)
def test_a_project_stays_where_its_name_cannot_be_printed(
    cookiecutter: Command, home: Path, variables: dict[str, str]
) -> None:
    config = home / "config.yaml"
    text = "default_context:\n  project_name: Ünï 🦆\n"
    config.write_text(text, encoding="utf-8")
    options = ("--no-input", "--config-file", config)
    result = cookiecutter(*options, ROOT, **variables)

    assert result.returncode == 0, result.stdout + result.stderr
    readme = (home / "uni/README.md").read_text(encoding="utf-8")
    assert readme.startswith("# Ünï 🦆\n")


def test_a_project_stays_if_nobody_reads_what_is_printed(home: Path) -> None:
    command = f"{sys.executable} -m cookiecutter --no-input {ROOT} | true"
    subprocess.run(command, shell=True, cwd=home, env=environment(home), check=False)

    assert (home / "my_flask_app/.env").exists()


def test_a_folder_that_exists_is_told_before_anything_is_kept(
    cookiecutter: Command, home: Path
) -> None:
    (home / "my_flask_app").mkdir()
    result = cookiecutter("--no-input", ROOT, "database_url=mysql://me:hunter2@h/shop")

    assert result.returncode == 1
    assert result.stdout.startswith(
        "project_slug is 'my_flask_app', but my_flask_app ex"
    )
    assert files(home) == []


def test_two_runs_in_one_process_share_no_password(tmp_path: Path) -> None:
    given = {"database_url": "postgresql://me:hunter2@localhost/shop"}
    config = tmp_path / "config.yaml"
    config.write_text(json.dumps({"replay_dir": str(tmp_path / "replay")}))
    run = partial(main.cookiecutter, str(ROOT), config_file=str(config))
    run(no_input=True, extra_context=given, output_dir=str(tmp_path / "first"))
    run(replay=True, output_dir=str(tmp_path / "second"))

    assert "hunter2" in (tmp_path / "first/my_flask_app/.env").read_text()
    assert "hunter2" not in (tmp_path / "second/my_flask_app/.env").read_text()


def test_a_replay_file_of_another_template_is_no_traceback(
    cookiecutter: Command, home: Path
) -> None:
    replay = home / "other.json"
    replay.write_text(json.dumps({"cookiecutter": {"name": "x"}}))
    result = cookiecutter("--replay-file", replay, ROOT)

    assert result.returncode == 1
    assert "Traceback" not in result.stdout + result.stderr


def test_an_existing_env_file_is_never_touched(
    cookiecutter: Command, home: Path
) -> None:
    elsewhere = home / "elsewhere"
    elsewhere.write_text("SECRET_KEY=mine")
    project = home / "my_flask_app"
    project.mkdir()
    (project / ".env").symlink_to(elsewhere)
    result = cookiecutter("--no-input", "--overwrite-if-exists", ROOT)

    assert result.returncode == 0, result.stdout
    assert "The existing my_flask_app/.env was not changed; compare it" in result.stdout
    assert elsewhere.read_text() == "SECRET_KEY=mine"
    assert (project / "README.md").exists()


def test_a_name_that_git_knows_and_that_cannot_be_written_is_left_out(
    cookiecutter: Command, home: Path
) -> None:
    config = home / "gitconfig"
    config.write_text("[user]\nname = Ada\nemail = ada@host.(none)\n")
    result = cookiecutter("--no-input", ROOT, GIT_CONFIG_GLOBAL=str(config))

    assert result.returncode == 0, result.stdout
    toml = (home / "my_flask_app/pyproject.toml").read_text()
    assert 'name = "Ada", email = "you@example.com"' in toml


def test_an_author_without_a_name_and_an_address_is_left_out(
    cookiecutter: Command, home: Path
) -> None:
    result = cookiecutter("--no-input", ROOT, "author_name= ", "author_email=")

    assert result.returncode == 0, result.stdout
    assert "authors" not in (home / "my_flask_app/pyproject.toml").read_text()


def test_files_that_exist_are_kept_if_asked_for(
    cookiecutter: Command, home: Path
) -> None:
    project = home / "my_flask_app"
    project.mkdir()
    (project / "README.md").write_text("mine")
    result = cookiecutter("--no-input", "-f", "--skip-if-file-exists", ROOT)

    assert result.returncode == 0, result.stdout
    assert (project / "README.md").read_text() == "mine"
    assert (project / "src/my_flask_app/app.py").exists()


def test_only_its_owner_reads_the_env_file_without_hooks_too(
    cookiecutter: Command, home: Path
) -> None:
    result = cookiecutter("--no-input", "--accept-hooks", "no", ROOT)

    assert result.returncode == 0, result.stdout
    assert (home / "my_flask_app/.env").stat().st_mode & 0o777 == 0o600


def test_a_version_of_a_repository_is_taken_by_its_tag(
    cookiecutter: Command, home: Path, tmp_path: Path
) -> None:
    repository = new_repository(tmp_path / "repository")
    readme = repository / "{{checked(cookiecutter.project_slug)}}/README.md"
    readme.write_text("The second version")
    commit(repository, "The second version")
    git(tmp_path, "clone", "--quiet", "--bare", "repository", "bare.git")
    url = f"file://{tmp_path}/bare.git"
    for options, text in (
        ([], "The second version"),
        (["-c", "first"], "# My Flask App"),
    ):
        result = cookiecutter("--no-input", "-f", *options, url)
        assert result.returncode == 0, result.stdout + result.stderr
        written = (home / "my_flask_app/README.md").read_text()
        assert written.startswith(text)
