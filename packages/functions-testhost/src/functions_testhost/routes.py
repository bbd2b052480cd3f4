"""Azure Functions route templates (`orders/{id}`, `{name:alpha?}`, `{*path}`) and how they match."""

import re
from dataclasses import dataclass

CONSTRAINTS = {
    "int": r"-?\d+",
    "long": r"-?\d+",
    "alpha": r"[A-Za-z]+",
    "bool": r"true|false",
    "guid": r"[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}",
}

KNOWN_CONSTRAINTS = ", ".join(CONSTRAINTS)

PARAMETER = re.compile(r"\{(?P<rest>\*?)(?P<name>\w+)(?::(?P<constraint>\w+))?(?P<optional>\??)\}")


class RouteError(Exception):
    """A route template that this host cannot serve."""


@dataclass(frozen=True)
class Route:
    """One template. Precedence: literals, constrained parameters, other parameters, the rest of the path."""

    template: str
    pattern: re.Pattern[str]
    precedence: tuple[int, ...]

    @classmethod
    def parse(cls, template: str) -> "Route":
        """Reads a template.

        Raises:
            RouteError: it has an unknown constraint, or a segment that mixes text and parameters.
        """
        segments = [segment for segment in template.strip("/").split("/") if segment]
        parsed = [_segment(template, segment) for segment in segments]
        pattern = "".join(text for text, _ in parsed)
        return cls(template, re.compile(pattern + "/?", re.IGNORECASE), tuple(rank for _, rank in parsed))

    def match(self, path: str) -> dict[str, str] | None:
        """Returns the parameters of a path, which starts with `/`, or None. Literals ignore case."""
        found = self.pattern.fullmatch(path)
        return None if found is None else {k: v for k, v in found.groupdict().items() if v is not None}


def _segment(template: str, segment: str) -> tuple[str, int]:
    parameter = PARAMETER.fullmatch(segment)
    if parameter is None:
        if "{" in segment:
            raise RouteError(
                f"Route '{template}': this host does not serve '{segment}', which mixes text and a parameter."
            )
        return "/" + re.escape(segment), 0
    name, constraint = parameter["name"], parameter["constraint"]
    if parameter["rest"]:
        return f"(?:/(?P<{name}>.*))?", 3
    if constraint and constraint not in CONSTRAINTS:
        raise RouteError(
            f"Route '{template}': this host does not serve the constraint '{constraint}', only {KNOWN_CONSTRAINTS}."
        )
    text = f"/(?P<{name}>{CONSTRAINTS[constraint] if constraint else '[^/]+'})"
    return (f"(?:{text})?" if parameter["optional"] else text), 1 if constraint else 2
