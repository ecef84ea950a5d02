"""Compare what sessions and generation cost; run from the root of the repository."""

import json
from pathlib import Path
from tempfile import TemporaryDirectory

from . import baking
from . import memory
from . import requests
from .databases import database_with_a_student


def main() -> None:
    """Print a table for each comparison. A missed aim is no error."""
    with TemporaryDirectory(prefix="benchmarks-") as name:
        folder = Path(name)
        (empty := folder / "empty").mkdir()
        threads = generate_layers(folder / "threads", greenlet_support="no")
        greenlets = generate_layers(folder / "gevent", greenlet_support="yes")
        with database_with_a_student() as url:
            requests.compare(threads, empty, url)
            memory.compare("threads", threads, empty, url, memory.AIM)
            memory.compare("gevent", greenlets, empty, url, None)

        baking.compare(folder)


def generate_layers(folder: Path, **answers: str) -> dict[str, Path]:
    """Generate a project for PostgreSQL with each layer, and return their folders."""
    choices = json.loads((baking.ROOT / "cookiecutter.json").read_text())["_choices"]
    return {
        layer: baking.generate(
            folder / layer,
            database_url="postgresql://app@localhost/app",
            sqlalchemy_layer=layer,
            **answers,
        )
        for layer in choices["sqlalchemy_layer"]
    }


if __name__ == "__main__":
    main()
