"""Compare what sessions and generation cost; run from the root of the repository."""

import json
from pathlib import Path
from tempfile import TemporaryDirectory

from . import baking
from . import memory
from . import requests
from . import writers
from .databases import postgresql_with_a_student
from .databases import sqlite_with_a_student

POSTGRESQL = "postgresql://app@localhost/app"
SQLITE = "sqlite:///app.db"


def main() -> None:
    """Print a table for each comparison. A missed aim is no error."""
    with TemporaryDirectory(prefix="benchmarks-") as name:
        folder = Path(name)
        (empty := folder / "empty").mkdir()
        projects = {
            database: {
                serving: generate_layers(
                    folder / database / serving,
                    database_url=url,
                    greenlet_support=greenlets,
                )
                for serving, greenlets in {"threads": "no", "gevent": "yes"}.items()
            }
            for database, url in {"pg": POSTGRESQL, "sqlite": SQLITE}.items()
        }
        with postgresql_with_a_student() as url:
            requests.compare(projects["pg"]["threads"], empty, url)
            for serving, aim in {"threads": memory.AIM, "gevent": None}.items():
                memory.compare(serving, projects["pg"][serving], empty, url, aim)

        url = sqlite_with_a_student(folder)
        requests.compare_on_sqlite(projects["sqlite"]["threads"], empty, url)
        writers.compare_visits(projects["sqlite"]["threads"], empty, url)
        layer = "SQLAlchemy"
        writers.compare(
            {serving: layers[layer] for serving, layers in projects["sqlite"].items()},
            url,
        )
        baking.compare(folder)


def generate_layers(folder: Path, **answers: str) -> dict[str, Path]:
    """Generate a project with each layer, and return their folders."""
    choices = json.loads((baking.ROOT / "cookiecutter.json").read_text())["_choices"]
    return {
        layer: baking.generate(
            folder / layer,
            sqlalchemy_layer=layer,
            **answers,
        )
        for layer in choices["sqlalchemy_layer"]
    }


if __name__ == "__main__":
    main()
