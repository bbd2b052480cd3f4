"""Where the tests find their apps, and where they keep what is expensive to make."""

from pathlib import Path

PACKAGE = Path(__file__).parents[1]
SOURCE = PACKAGE / "src" / "functions_testhost"
APPS = PACKAGE / "tests" / "apps"

# ignored by git: the repository's own folder, or the package's when it stands alone
BUILD = next((folder for folder in PACKAGE.parents if (folder / ".git").exists()), PACKAGE) / "build"
