"""Behind a pooler in transaction mode, no statement is prepared."""

import pytest

from my_flask_app.database.settings import engine_options
from my_flask_app.environment import ConfigError


def test_behind_a_pooler_no_statement_is_prepared(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("DATABASE_POOLER", "yes")
    options = engine_options({"connect_args": {"application_name": "test"}})
    assert options["connect_args"] == {
        "prepare_threshold": None,
        "application_name": "test",
    }


def test_a_pooler_is_there_or_not(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_POOLER", "maybe")
    with pytest.raises(ConfigError, match="'maybe'; it must be yes or no"):
        engine_options({})
