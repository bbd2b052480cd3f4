"""A copy of the checkout in which a test may leave files lying about."""

import shutil
from pathlib import Path

from scripts.package import ROOT

# what the tools of a developer leave in the checkout: large, and never read by a test
LEFT_OUT = shutil.ignore_patterns(
    ".*_cache", ".coverage*", ".git", ".hypothesis", ".venv*", "__pycache__", "build", "dist"
)

# what people and tools leave in a checkout
STRAY_FILES = (
    "notes.txt",
    "test.log",
    ".env",
    "local.settings.json",
    "taskhub.sqlite",
    "old/function_app.py",
    # `azd restore` makes <folder>_env
    "checkout_env/pyvenv.cfg",
    "checkout_env/lib/python3.11/site-packages/requests/__init__.py",
    "dashboard/static/notes.txt",
    "dashboard/static/views/fleet.js.orig",
    "domain/notes.txt",
    "domain/policy/run.log",
    "domain/plan.py.orig",
    "domain/.#plan.py",
    "domain/a plan.py",
    "domain/__pycache__/errors.cpython-311.pyc",
    "services/services_env/pyvenv.cfg",
    "services/services_env/activate_this.py",
)


def copy_with_stray_files(target: Path) -> Path:
    """Copies the checkout into the folder `target`, adds the stray files, and returns it."""
    shutil.copytree(ROOT, target, ignore=LEFT_OUT)
    for name in STRAY_FILES:
        stray = target / name
        stray.parent.mkdir(parents=True, exist_ok=True)
        stray.write_text("nobody wants this in Azure", encoding="utf-8")
    return target
