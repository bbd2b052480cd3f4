"""Makes what a terminal would obey visible instead: names, tags and reasons come from Azure, and others wrote them."""

from collections.abc import Iterable

from rich.console import Console, ConsoleOptions, ConsoleRenderable, RenderHook, RenderResult
from rich.segment import Segment

_LINE_ENDS = "\n\t"
_CONTROLS = [*range(0x20), *range(0x7F, 0xA0)]
# what changes the direction of a text hides what it says
_DIRECTIONS = [0x061C, 0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2066, 0x206A)]
_ESCAPED = {code: f"\\u{code:04x}" for code in (*_CONTROLS, *_DIRECTIONS) if chr(code) not in _LINE_ENDS}


def printable(text: str) -> str:
    """The text with every control character written as JSON writes it; so JSON stays JSON."""
    return text.translate(_ESCAPED)


class Printable(RenderHook):
    """Does so for all that a console draws; colours are the console's own and stay."""

    def process_renderables(self, renderables: list[ConsoleRenderable]) -> list[ConsoleRenderable]:
        return [_Drawn(one) for one in renderables]


class _Drawn:
    def __init__(self, part: ConsoleRenderable) -> None:
        self._part = part

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        yield from _visible(console.render(self._part, options))


def _visible(segments: Iterable[Segment]) -> Iterable[Segment]:
    for segment in segments:
        yield segment if segment.control else Segment(printable(segment.text), segment.style)
