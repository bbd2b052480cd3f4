"""Changes of a copy of some code, made to see that a test notices them."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Change:
    """A text of one file, which must be there exactly once, and what takes its place."""

    file: str
    old: str
    new: str

    def apply(self, folder: Path) -> None:
        """Changes the file in this copy of the code.

        Raises:
            ValueError: the text is not there exactly once.
        """
        path = folder / self.file
        text = path.read_text(encoding="utf-8")
        if text.count(self.old) != 1:
            raise ValueError(f"{self.file} has {text.count(self.old)} times, and not once: {self.old}")
        path.write_text(text.replace(self.old, self.new), encoding="utf-8")
