"""No project has the name of what is installed with it."""

import re
import sys
from pathlib import Path

from template_extension.names import is_slug
from template_extension.names import taken
from tests.conftest import Bake
from tests.conftest import run
from tests.extension.test_tree import URLS
from tests.versions import UV

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

# To build this one, a library is needed that is not on every machine.
BUILT_HERE = "mysqlclient"


def normalized(name: str) -> str:
    return re.sub(r"[-_.]+", "_", name).lower()


def requirements(bake: Bake) -> set[str]:
    """Return what projects of all kinds install, and build themselves with."""
    found = {"pip", "setuptools", "wheel"}
    for url in URLS:
        greenlets = "no" if re.search("mysqldb|mysqlconn|mssql", url) else "yes"
        for layer in ("Flask-SQLAlchemy", "SQLAlchemy"):
            project = bake(
                database_url=url, sqlalchemy_layer=layer, greenlet_support=greenlets
            )
            toml = tomllib.loads((project.path / "pyproject.toml").read_text())
            found |= {
                *toml["project"]["dependencies"],
                *toml["build-system"]["requires"],
            }
            found |= {*toml["dependency-groups"]["dev"]}

    return found


def top_level(distribution: Path) -> set[str]:
    """Return the names of the modules of a distribution, from its ``.dist-info``."""
    paths = [
        line.split(",")[0] for line in (distribution / "RECORD").read_text().split()
    ]
    modules = [
        path.partition("/")[0] for path in paths if re.search(r"\.(py|so|pyi)$", path)
    ]
    return {re.sub(r"\..*|-stubs$", "", name) for name in modules}


def test_the_names_of_all_that_is_installed_are_taken(
    bake: Bake, tmp_path: Path
) -> None:
    wanted = sorted(requirements(bake))
    (tmp_path / "requirements.in").write_text("\n".join(wanted))
    compiled = run(
        *(*UV, "pip", "compile", "--quiet", "--universal", "--python-version", "3.10"),
        *("--no-header", "--no-annotate", "requirements.in"),
        folder=tmp_path,
    )
    names = {
        normalized(line) for line in re.findall(r"^[\w.-]+", compiled, re.MULTILINE)
    }
    at_hand = [it for it in wanted if not it.startswith(BUILT_HERE)]
    install = [*UV, "pip", "install", "--quiet", "--target", "installed"]
    run(*install, *at_hand, folder=tmp_path)
    for distribution in (tmp_path / "installed").glob("*.dist-info"):
        names.add(normalized(distribution.name.partition("-")[0]))
        names |= top_level(distribution)

    slugs = {name for name in map(normalized, names) if is_slug(name)}
    assert not slugs - taken(), " ".join(sorted(slugs - taken()))
