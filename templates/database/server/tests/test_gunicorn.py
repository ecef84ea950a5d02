"""What gunicorn.conf.py hands to the application."""

import runpy
from pathlib import Path

import pytest

from my_flask_app import env_file

CONFIGURATION = Path(__file__).parents[1] / "gunicorn.conf.py"


@pytest.mark.parametrize(
    ("settings", "pool_size"), [({}, "6"), ({"DATABASE_POOL_SIZE": "4"}, "4")]
)
def test_the_pool_suits_what_a_worker_does_at_the_same_time(
    monkeypatch: pytest.MonkeyPatch, settings: dict[str, str], pool_size: str
) -> None:
    """Two connections for each thread, or one for every fifth greenlet."""
    monkeypatch.setattr(env_file, "project_folder", lambda: None)
    monkeypatch.delenv("DATABASE_POOL_SIZE", raising=False)
    for name, value in {"THREADS": "3", "WORKER_CONNECTIONS": "30", **settings}.items():
        monkeypatch.setenv(name, value)

    handed = runpy.run_path(str(CONFIGURATION))["raw_env"]
    assert f"DATABASE_POOL_SIZE={pool_size}" in handed
