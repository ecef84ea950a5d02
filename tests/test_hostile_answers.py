"""Whatever is answered is shown as it is, or refused in one line; nothing runs it."""

import html
import io
import json
import sys
import zipfile
from contextlib import suppress
from pathlib import Path

import pytest
from cookiecutter.exceptions import FailedHookException
from cookiecutter.main import cookiecutter
from dotenv import dotenv_values
from hypothesis import given
from hypothesis import HealthCheck
from hypothesis import settings
from hypothesis import strategies
from jinja2 import Environment

from template_extension.text import CONTROL
from tests.conftest import Bake
from tests.conftest import Project
from tests.conftest import ROOT
from tests.extension.samples import ODD_TEXTS
from tests.repositories import git
from tests.terminals import Terminal
from tests.test_terminal import COOKIECUTTER
from tests.test_terminal import tell

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

TEXTS = [text for text in ODD_TEXTS if text.strip() and not CONTROL.search(text)]
REFUSED = [text for text in ODD_TEXTS if text not in TEXTS]

# The files that show what people have typed, and those that are new for each project.
SHOWING = {"README.md", "pyproject.toml", "src/my_flask_app/templates/base.html"}
RANDOM = {".env"}

# They end a string, a tag, a comment or an expression wherever one could stand.
WORST = [
    "\"'''\\ {{ 1/0 }} {% raw %} ]]> --> </title><script>alert(1)</script> $(exit 1) `",
    "\u202e\u05e9\u05dc\u05d5\u05dd \U0001f986 e\u0301 [/] #| & \\\\",
]

few = settings(
    max_examples=30,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@pytest.fixture(scope="module")
def plain(bake: Bake) -> dict[str, bytes]:
    """Return the files of a project with all defaults."""
    return bake().files()


def assert_shows(project: Project, text: str, plain: dict[str, bytes]) -> None:
    files = project.files()
    assert files.keys() == plain.keys()
    assert {name for name in files if files[name] != plain[name]} <= SHOWING | RANDOM

    declared = tomllib.loads(files["pyproject.toml"].decode())["project"]
    assert declared["description"] == text
    assert declared["authors"][0]["name"] == text

    readme = files["README.md"].decode().split("\n")
    assert (readme[0], readme[2]) == (f"# {text}", text)

    page = Environment(autoescape=True).from_string(
        files["src/my_flask_app/templates/base.html"].decode()
    )
    names = {"url_for": lambda name, **values: "#", "request": {"script_root": ""}}
    lines = page.render(names).split("\n")
    (title,) = [line for line in lines if "<title>" in line]
    (header,) = [line for line in lines if "<header>" in line]
    escaped = html.escape(text).replace("{", "&#123;").replace("}", "&#125;")
    assert title == f"  <title> · {escaped}</title>"
    assert header == f'  <header><a href="/">{escaped}</a></header>'
    assert html.unescape(escaped) == text


def answers(text: str) -> dict[str, str]:
    return {
        "project_name": text,
        "project_slug": "my_flask_app",
        "description": text,
        "author_name": text,
    }


@pytest.mark.parametrize("text", TEXTS)
def test_a_text_that_is_given_is_shown_as_it_is(
    bake: Bake, plain: dict[str, bytes], text: str
) -> None:
    assert_shows(bake(**answers(text)), text, plain)


def typed(folder: Path, monkeypatch: pytest.MonkeyPatch, *lines: str) -> Project:
    """Answer the questions by lines, and leave the others as they are by default."""
    text = "".join(f"{line}\n" for line in (*lines, *[""] * (9 - len(lines))))
    stdin = io.TextIOWrapper(io.BytesIO(text.encode()), encoding="utf-8")
    monkeypatch.setattr(sys, "stdin", stdin)
    path = cookiecutter(str(ROOT), output_dir=str(folder), overwrite_if_exists=True)
    return Project(Path(path), Path(path).name)


@pytest.mark.parametrize("text", TEXTS)
def test_a_text_that_is_typed_is_shown_as_it_is(
    tmp_path: Path,
    plain: dict[str, bytes],
    monkeypatch: pytest.MonkeyPatch,
    text: str,
) -> None:
    project = typed(tmp_path, monkeypatch, text, "my_flask_app", text, text)
    assert_shows(project, text.strip(), plain)


@few
@given(text=strategies.text(min_size=1, max_size=210))
def test_any_text_is_shown_as_it_is_or_refused_in_one_line(
    bake: Bake, plain: dict[str, bytes], text: str
) -> None:
    try:
        project = bake(**answers(text))
    except FailedHookException as refused:
        (line,) = str(refused).splitlines()
        assert line.startswith("project_name ")
        assert CONTROL.search(text) or not text.strip() or len(text) > 200
    else:
        assert_shows(project, text, plain)


@pytest.mark.parametrize("text", [text for text in REFUSED if text])
@pytest.mark.parametrize("name", ["project_name", "project_slug", "database_url"])
def test_what_cannot_be_a_line_of_text_is_refused_in_one_line(
    bake: Bake, name: str, text: str
) -> None:
    with pytest.raises(FailedHookException) as refused:
        bake(**{name: text})

    assert len(str(refused.value).splitlines()) == 1


@pytest.mark.parametrize("text", [*TEXTS, "y; touch executed", "1 or 1"])
def test_no_text_is_a_choice(bake: Bake, text: str) -> None:
    if text.strip().lower() in ("yes", "no"):
        return

    with pytest.raises(FailedHookException, match="^greenlet_support is .*\\.$"):
        bake(greenlet_support=text)


@pytest.mark.parametrize("text", TEXTS)
def test_no_text_escapes_from_the_folder_by_its_slug(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    output = tmp_path / "output"
    output.mkdir()
    monkeypatch.chdir(output)
    # The question may be asked again, and nobody answers.
    with suppress(FailedHookException, EOFError):
        typed(output, monkeypatch, "Name", text)

    assert [path.name for path in tmp_path.iterdir()] == ["output"]
    assert not (output / "executed").exists()


@pytest.mark.parametrize("text", WORST)
@pytest.mark.parametrize("layer", ["Flask-SQLAlchemy", "SQLAlchemy"])
def test_the_tests_of_a_project_pass_whatever_it_is_called(
    bake: Bake, text: str, layer: str
) -> None:
    project = bake(**answers(text), sqlalchemy_layer=layer)
    assert "passed" in project.python("-m", "pytest", "-p", "no:cacheprovider")
    project.python("-m", "flask", "db", "upgrade")
    script = (
        "import json; from my_flask_app.app import create_app;"
        "print(json.dumps(create_app().test_client().get('/').text))"
    )
    page = json.loads(project.python("-c", script).splitlines()[-1])
    assert text in html.unescape(page)
    assert "<script>" not in page


def test_the_worst_is_typed_at_a_terminal(
    tmp_path: Path, plain: dict[str, bytes]
) -> None:
    for number, text in enumerate(WORST):
        home = tmp_path / str(number)
        home.mkdir()
        terminal = Terminal(home, [COOKIECUTTER, ROOT])
        tell(terminal, [(1, text), (2, "my_flask_app"), (3, text), (4, text)])
        tell(terminal, [(question, "") for question in range(5, 10)])
        assert terminal.wait() == 0
        assert_shows(Project(home / "my_flask_app"), text, plain)


@pytest.mark.parametrize("name", ["Build", "Dist", "Instance", "Test App", "Py", "Lib"])
def test_git_and_the_wheel_hold_the_code_of_a_project_of_any_name(
    bake: Bake, tmp_path: Path, name: str
) -> None:
    project = bake(project_name=name)
    modules = {
        str(path.relative_to(project.path / "src"))
        for path in project.package.rglob("*.py")
    }
    git(project.path, "init", "--quiet")
    git(project.path, "add", "--all")
    tracked = git(project.path, "ls-files", "src").splitlines()
    assert modules <= {path.removeprefix("src/") for path in tracked}

    # The program that builds it has one of the names.
    build = ("-m", "build", "--wheel", "--no-isolation", "--outdir", tmp_path)
    project.python(*build, PYTHONPATH="")
    (wheel,) = tmp_path.glob("*.whl")
    assert modules <= set(zipfile.ZipFile(wheel).namelist())
    assert dotenv_values(project.path / ".env")["SECRET_KEY"]
