"""Let only its owner read the file with the secrets."""

from pathlib import Path

Path(".env").chmod(0o600)
