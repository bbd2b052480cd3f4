"""Says which of two packages are imported already: one of the app, and one of others."""

import json
import sys

if __name__ == "__main__":
    sys.stdout.write(json.dumps([name for name in ("domain.about", "pydantic") if name in sys.modules]))
