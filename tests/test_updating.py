"""A project that cruft updates keeps what its owner changed."""

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import Project
from tests.conftest import run
from tests.conftest import url_of
from tests.repositories import commit
from tests.repositories import git
from tests.repositories import new_repository
from tests.terminals import environment
from tests.terminals import files_with
from tests.terminals import Terminal
from tests.test_terminal import STORY
from tests.test_terminal import tell
from tests.versions import installed

PROJECT = "{{checked(cookiecutter.project_slug)}}"
PACKAGE = f"{PROJECT}/src/{{{{cookiecutter.project_slug}}}}"

Cruft = Callable[..., str]

# What was different in the version before: a file, what it has now, what it had.
BEFORE = [
    (f"{PROJECT}/pyproject.toml", "gunicorn>=23,<28", "gunicorn>=22,<27"),
    (
        f"{PROJECT}/README.md",
        "and shows errors in the browser",
        "and shows errors",
    ),
    (f"{PACKAGE}/database/lifetimes.py", "When a database session ends", "The end"),
    (f"{PACKAGE}/static/style.css", "max-width: ", "max-width:  "),
    (f"{PACKAGE}/app.py", "put together from its parts", "put together"),
    (
        "templates/database/sqlite/src/my_flask_app/database/turns.py",
        "Transactions take turns",
        "Each transaction has a turn",
    ),
]

# What is different in the version after.
AFTER = [
    (f"{PACKAGE}/config.py", "The settings of the application", "The settings"),
    (f"{PROJECT}/Makefile", "Run the tests", "Run all tests"),
]


def replace(folder: Path, changes: "list[tuple[str, str, str]]") -> None:
    for name, old, new in changes:
        path = folder / name
        text = path.read_text()
        assert old in text, f"{name} has changed: {old!r} is not in it"
        path.write_text(text.replace(old, new))


@pytest.fixture(scope="module")
def command(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return installed("cruft", tmp_path_factory)


@pytest.fixture
def template(tmp_path: Path) -> Path:
    """Return a repository with an older version of this template."""
    repository = new_repository(tmp_path / "template")
    replace(repository, BEFORE)
    commit(repository, "An older version")
    return repository


@pytest.fixture
def cruft(command: Path, tmp_path: Path) -> Cruft:
    """Return a function that runs cruft in a folder, and returns what it prints."""

    def call(folder: Path, *arguments: "str | Path") -> str:
        result = subprocess.run(
            [command, *arguments],
            cwd=folder,
            env=environment(tmp_path),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
        )
        assert result.returncode == 0, result.stdout
        return result.stdout

    return call


def create(cruft: Cruft, folder: Path, template: Path, **answers: str) -> Project:
    """Generate a project, and put it under git as its owner would."""
    options = ("--extra-context", json.dumps(answers))
    cruft(folder, "create", "--no-input", f"file://{template}", *options)
    project = Project(folder / "my_flask_app")
    git(project.path, "init", "--quiet")
    git(project.path, "add", "--all")
    git(project.path, "commit", "--quiet", "--message", "Begin")
    return project


CHAPTER = """

class Chapter(Base):
    __tablename__ = "chapters"

    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str] = mapped_column(String(100))
"""
FEATURE = """from flask import Blueprint

blueprint = Blueprint("chapters", __name__, url_prefix="/chapters")


@blueprint.get("/")
def index() -> str:
    return "No chapters yet."
"""
OWN_TEST = """from flask.testing import FlaskClient


def test_there_is_no_chapter_yet(client: FlaskClient) -> None:
    assert client.get("/chapters/").text == "No chapters yet."
"""


def change_by_hand(project: Project) -> None:
    """Do what people do in the first weeks."""
    package = project.package
    models = package / "models.py"
    models.write_text(models.read_text() + CHAPTER)
    (package / "chapters").mkdir()
    (package / "chapters/__init__.py").write_text(FEATURE)
    (project.path / "tests/test_chapters.py").write_text(OWN_TEST)
    register = "    app.register_blueprint(students.blueprint)\n"
    replace(
        package,
        [
            (
                "app.py",
                register,
                f"{register}    app.register_blueprint(chapters.blueprint)\n",
            ),
            (
                "app.py",
                "from . import errors\n",
                "from . import chapters\nfrom . import errors\n",
            ),
            (
                "config.py",
                "    return config\n",
                '    config["PAGE"] = 20\n    return config\n',
            ),
            ("templates/base.html", "<main>", '<main class="wide">'),
        ],
    )
    env = project.path / ".env"
    env.write_text(env.read_text() + "OWN_SETTING=kept\n")
    project.python("-m", "flask", "db", "upgrade")
    project.python("-m", "flask", "db", "migrate", "-m", "Add chapters")
    git(project.path, "add", "--all")
    git(project.path, "commit", "--quiet", "--message", "Add chapters")


def assert_nothing_of_the_owners_is_lost(project: Project) -> None:
    status = git(project.path, "status", "--porcelain")
    assert not re.search(r"^(UU|AA|\?\?.*\.rej)", status, re.MULTILINE), status
    assert files_with("<<<<<<<", project.path) == []
    for name, text in [
        ("models.py", "class Chapter(Base)"),
        ("app.py", "app.register_blueprint(chapters.blueprint)"),
        ("config.py", 'config["PAGE"] = 20'),
        ("templates/base.html", '<main class="wide">'),
    ]:
        assert text in (project.package / name).read_text(), name


def assert_is_up_to_date(
    project: Project, changes: "list[tuple[str, str, str]]"
) -> None:
    for name, old, _ in changes:
        path = name.replace(PACKAGE, "src/my_flask_app").replace(f"{PROJECT}/", "")
        path = re.sub("^templates/[a-z]+/[a-z]+/", "", path)
        assert old in (project.path / path).read_text(), path


@pytest.mark.parametrize("layer", ["Flask-SQLAlchemy", "SQLAlchemy"])
def test_a_project_that_was_changed_is_updated_twice(
    cruft: Cruft, template: Path, tmp_path: Path, layer: str
) -> None:
    project = create(cruft, tmp_path, template, sqlalchemy_layer=layer)
    change_by_hand(project)
    env = (project.path / ".env").read_bytes()

    replace(template, [(name, new, old) for name, old, new in BEFORE])
    commit(template, "The version that is current", "v0.2.0")
    output = cruft(project.path, "update", "-y", "--checkout", "v0.2.0")
    assert "Created" not in output
    assert_nothing_of_the_owners_is_lost(project)
    assert_is_up_to_date(project, BEFORE)
    git(project.path, "add", "--all")
    git(project.path, "commit", "--quiet", "--message", "Update")

    replace(template, AFTER)
    commit(template, "A newer version")
    cruft(project.path, "update", "-y")
    assert_nothing_of_the_owners_is_lost(project)
    assert_is_up_to_date(project, [(name, new, old) for name, old, new in AFTER])
    cruft(project.path, "check")
    assert (project.path / ".env").read_bytes() == env
    assert "passed" in project.python("-m", "pytest", "-p", "no:cacheprovider")


def test_code_of_the_template_is_that_of_the_version_it_renders(
    cruft: Cruft, template: Path, tmp_path: Path
) -> None:
    """The new version has a new function, which the old one does not know."""
    project = create(cruft, tmp_path, template)
    replace(
        template,
        [
            (
                "template_extension/jinja.py",
                "    feature,\n    private,",
                "    shout,\n    feature,\n    private,",
            ),
            (
                "template_extension/jinja.py",
                "FILTERS = (",
                "def shout() -> str:\n    return 'NEW'\n\n\nFILTERS = (",
            ),
            (f"{PROJECT}/README.md", "## Settings", "## Settings {{ shout() }}"),
        ],
    )
    commit(template, "A newer version")
    cruft(project.path, "update", "-y")

    assert "## Settings NEW\n" in (project.path / "README.md").read_text()


def test_what_the_template_adds_without_code_is_in_the_update(
    cruft: Cruft, template: Path, tmp_path: Path
) -> None:
    project = create(cruft, tmp_path, template)
    added = "src/my_flask_app/added.py"
    (template / "templates/example/yes" / added).write_text('"""Added."""\n')
    stub = template / PACKAGE / "{{chosen('added.py')}}"
    stub.write_text("{{ chosen_text() }}\n")
    commit(template, "A newer version")
    cruft(project.path, "update", "-y")

    assert (project.path / added).read_text() == '"""Added."""\n'


def test_threads_become_greenlets(cruft: Cruft, template: Path, tmp_path: Path) -> None:
    project = create(cruft, tmp_path, template)
    change_by_hand(project)
    update = ("update", "-y", "--variables-to-update")
    cruft(project.path, *update, json.dumps({"greenlet_support": "yes"}))

    assert_nothing_of_the_owners_is_lost(project)
    assert (project.package / "greenlets.py").exists()
    assert "passed" in project.python("-m", "pytest", "-p", "no:cacheprovider")


def test_sqlite_becomes_postgresql(
    request: pytest.FixtureRequest, cruft: Cruft, template: Path, tmp_path: Path
) -> None:
    project = create(cruft, tmp_path, template)
    change_by_hand(project)
    update = ("update", "-y", "--variables-to-update")
    url = url_of("PostgreSQL", request)
    cruft(project.path, *update, json.dumps({"database_url": url}))

    assert_nothing_of_the_owners_is_lost(project)
    replace(project.path, [(".env", "sqlite:///my_flask_app.db", url)])
    assert "passed" in project.python("-m", "pytest", "-p", "no:cacheprovider")


def test_a_password_is_in_the_env_file_and_not_in_what_cruft_writes(
    command: Path, template: Path, tmp_path: Path
) -> None:
    terminal = Terminal(tmp_path, [command, "create", f"file://{template}"])
    tell(terminal, STORY)
    assert terminal.wait() == 0
    assert "\n    cd my_shop\n" in terminal.shown
    project = tmp_path / "my_shop"
    shutil.rmtree(template)  # Its own tests have the word.
    assert files_with("hunter2", tmp_path) == ["my_shop/.env"]
    assert len((project / ".cruft.json").read_text()) < 2000


def test_an_answer_that_cannot_work_ends_cruft_with_one_line(
    command: Path, template: Path, tmp_path: Path
) -> None:
    create = [str(command), "create", "--no-input", f"file://{template}"]
    answers = {"database_url": "postgresql://me:hunter2@localhost"}
    result = subprocess.run(
        [*create, "--extra-context", json.dumps(answers)],
        cwd=tmp_path,
        env=environment(tmp_path),
        capture_output=True,
        encoding="utf-8",
    )
    assert (result.returncode, result.stdout) == (1, "")
    assert re.fullmatch(
        r"database_url is 'postgresql://me:\*\*\*@localhost'; .*\n", result.stderr
    )
    assert not (tmp_path / "my_flask_app").exists()


@pytest.mark.parametrize(
    ("variables", "line"),
    [
        ({"project_slug": "other"}, "project_slug cannot be changed by an update."),
        ({"example_app": "no"}, "example_app cannot be changed by an update."),
        (
            {"databse_url": "sqlite:///x.db"},
            "There is no question 'databse_url'; did you mean 'database_url'?",
        ),
    ],
)
def test_an_update_that_cannot_work_changes_nothing(
    command: Path,
    cruft: Cruft,
    template: Path,
    tmp_path: Path,
    variables: dict[str, str],
    line: str,
) -> None:
    project = create(cruft, tmp_path, template)
    result = subprocess.run(
        [command, "update", "-y", "--variables-to-update", json.dumps(variables)],
        cwd=project.path,
        env=environment(tmp_path),
        capture_output=True,
        encoding="utf-8",
    )
    assert result.returncode == 1
    assert result.stderr.startswith(line)
    assert git(project.path, "status", "--porcelain") == ""


def test_a_project_of_cookiecutter_can_be_linked_to_the_template_later(
    cruft: Cruft, template: Path, tmp_path: Path
) -> None:
    author = {"author_name": "Zoë", "author_email": "zoe@example.org"}
    answers = {"project_name": "My Shop", "sqlalchemy_layer": "SQLAlchemy", **author}
    given = [f"{name}={answer}" for name, answer in answers.items()]
    cookiecutter = Path(sys.executable).with_name("cookiecutter")
    run(cookiecutter, "--no-input", template, *given, folder=tmp_path)
    project = Project(tmp_path / "my_shop")
    git(project.path, "init", "--quiet")
    commit(project.path, "Begin")
    link = (
        "link",
        "--no-input",
        f"file://{template}",
        "--extra-context",
        json.dumps(answers),
    )
    cruft(project.path, *link)

    assert cruft(project.path, "diff") == ""
    (project.path / "src/my_shop/app.py").write_text("")
    assert "app.py" in cruft(project.path, "diff")


def test_what_was_typed_as_text_is_text_after_an_update(
    cruft: Cruft, template: Path, tmp_path: Path
) -> None:
    typed = "{{ cycler.__init__.__globals__.os.popen('touch /tmp/executed').read() }}"
    project = create(cruft, tmp_path, template, description=typed)
    replace(template, AFTER)
    commit(template, "A newer version")
    cruft(project.path, "update", "-y")

    assert (project.path / "README.md").read_text().splitlines()[2] == typed
    assert "Run all tests" in (project.path / "Makefile").read_text()
