"""Let only its owner read the file with the secrets, and say how to go on."""

from pathlib import Path

Path(".env").chmod(0o600)
name = Path.cwd().name
print(f"Created {name}. Next: cd {name} && make run")
