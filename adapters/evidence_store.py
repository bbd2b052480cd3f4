"""Keeps evidence where the purge of the task hub cannot reach: in a folder."""

import asyncio
import os
from contextlib import suppress
from pathlib import Path
from typing import Protocol

from domain.errors import GalleristError


class EvidenceChangedError(GalleristError):
    """Another text is stored under this name: evidence is written once."""

    def __init__(self, name: str) -> None:
        super().__init__(f"the evidence '{name}' is stored with another text; evidence is never changed")


class EvidenceStore(Protocol):
    """Texts under names with slashes, each written once."""

    async def put(self, name: str, text: str) -> None:
        """Stores a text; the same text again changes nothing.

        Raises:
            EvidenceChangedError: another text has this name.
            ArmError: the store refuses the text or does not answer.
        """

    async def get(self, name: str) -> str | None:
        """Returns the text; None if there is none of this name. Raises ArmError."""

    async def names(self, folder: str) -> list[str]:
        """Returns the names that begin with `folder`, sorted. Raises ArmError."""


class FolderEvidence:
    """Evidence in files under a folder; for an app that runs locally."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def put(self, name: str, text: str) -> None:
        await asyncio.to_thread(self._put, name, text)

    async def get(self, name: str) -> str | None:
        return await asyncio.to_thread(self._get, name)

    async def names(self, folder: str) -> list[str]:
        return await asyncio.to_thread(self._names, folder)

    def _put(self, name: str, text: str) -> None:
        stored = self._get(name)
        if stored == text:
            return
        if stored is not None:
            raise EvidenceChangedError(name)
        path = self._folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        # a name appears with its whole text or not at all, and never over another
        part = path.with_name(f"{path.name}.{os.getpid()}.part")
        part.write_text(text, encoding="utf-8")
        try:
            with suppress(FileExistsError):
                os.link(part, path)
        finally:
            part.unlink()
        if self._get(name) != text:
            raise EvidenceChangedError(name)

    def _get(self, name: str) -> str | None:
        with suppress(FileNotFoundError):
            return (self._folder / name).read_text(encoding="utf-8")
        return None

    def _names(self, folder: str) -> list[str]:
        found = (path.relative_to(self._folder).as_posix() for path in self._folder.rglob("*.json"))
        return sorted(name for name in found if name.startswith(folder))
