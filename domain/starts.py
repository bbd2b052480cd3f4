"""What a start adds to an orchestration's input. It survives `continue_as_new`; the host's own times do not."""

from datetime import datetime

from pydantic import BaseModel


class Start(BaseModel):
    """The base of every input that a start passes.

    `start_id` tells the starts of one instance id apart: the extension accepts those of one moment, and only one of
    them remains. `started_at` is when the first execution began; the host's creation time is that of the last
    `continue_as_new`.
    """

    start_id: str = ""
    started_at: datetime | None = None
