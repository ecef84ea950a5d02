"""Which files a project gets follows from the folders that its answers choose."""

import re
import subprocess
from collections import Counter
from pathlib import Path

from template_extension.catalogue import dialects
from template_extension.catalogue import drivers_of
from template_extension.catalogue import TEMPLATES
from template_extension.tree import FEATURES
from template_extension.tree import fill_in
from template_extension.tree import sources
from tests.conftest import combinations
from tests.conftest import ROOT

URLS = ["sqlite:///app.db"] + [
    f"{name}+{driver}://me:secret@localhost/app"
    for name, dialect in dialects().items()
    for driver in drivers_of(dialect)
    if name != "sqlite"
]
ANSWERS = [
    {"database_url": url, **answers} for url in URLS for answers in combinations()
]


def test_a_folder_that_comes_first_goes_before_the_others() -> None:
    answers = {"greenlet_support": "yes", "example_app": "no"}
    layer = {"sqlalchemy_layer": "SQLAlchemy"}
    url = {"database_url": "postgresql+psycopg2://me@localhost/app"}
    path = "src/my_flask_app/greenlets.py"

    assert sources(answers | layer | url)[path] == f"serving/greenlets_psycopg2/{path}"


def test_each_file_of_templates_is_in_some_project() -> None:
    chosen = {source for answers in ANSWERS for source in sources(answers).values()}
    there = {
        path.relative_to(TEMPLATES).as_posix()
        for path in TEMPLATES.rglob("*")
        if path.is_file()
    }

    assert not there - chosen


def test_a_name_that_is_not_in_every_project_is_that_of_one_file() -> None:
    """Otherwise the name alone would not tell whether the file is there."""
    features = "|".join(FEATURES.values())
    paths: list[set[str]] = [
        {re.sub(features, "my_feature", path) for path in sources(answers)}
        for answers in ANSWERS
    ]
    every: set[str] = set().union(*paths)
    names = Counter(Path(path).name for path in every)
    twice = {name for name, count in names.items() if count > 1}

    sometimes = every - paths[0].intersection(*paths)
    assert not twice & {Path(path).name for path in sometimes}


def test_placeholders_are_filled_in() -> None:
    assert fill_in("from my_flask_app import my_feature\n") == (
        "from {{ cookiecutter.project_slug }} import {{ feature() }}\n"
    )
    assert fill_in("my_flask_apps") == "my_flask_apps"


def test_files_are_text_that_nobody_executes() -> None:
    """Cookiecutter looks at the stub, not at what it includes."""
    for path in TEMPLATES.rglob("*"):
        if path.is_file():
            assert path.read_text(encoding="utf-8").endswith("\n"), path
            assert not path.stat().st_mode & 0o111, path


def test_no_path_is_too_long_for_a_checkout_on_windows() -> None:
    listed = subprocess.run(
        ["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True
    )

    assert max(map(len, listed.stdout.splitlines())) <= 150
