"""`make clean`: remove everything that `make run` and `make test` made, inside the clone and outside of it.

``python3 privacy_portal/development/clean.py``

Run by path and with the standard library only, because the virtual environment is one of the things to go.
"""

import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
PYTHON = ROOT / ".venv" / "bin" / "python"
MADE = (
    "var",
    "staticfiles",
    ".venv",
    ".pytest_cache",
    ".mypy_cache",
    ".ruff_cache",
    ".import_linter_cache",
    ".hypothesis",
)

# The engines' package needs nothing of the project's, whose own package would ask for the dependencies.
STOP_ENGINES = """
import sys
sys.path.insert(0, sys.argv[1])
from engines import EngineError, remove_everything
try:
    remove_everything()
except EngineError as error:
    sys.exit(str(error))
"""


def main() -> int:
    """Stop and remove; return 1 when something still runs."""
    python = str(PYTHON) if PYTHON.exists() else sys.executable
    if subprocess.call([python, "-c", STOP_ENGINES, str(ROOT / "privacy_portal")]) != 0:
        return 1
    for name in MADE:
        remove(ROOT / name)
    for compiled in [*ROOT.glob("locale/*/LC_MESSAGES/*.mo")]:
        remove(compiled)
    return 0


def remove(path: Path) -> None:
    """Remove a file, a folder, or a link but not what it leads to."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    elif path.exists() or path.is_symlink():
        path.unlink()


if __name__ == "__main__":
    sys.exit(main())
