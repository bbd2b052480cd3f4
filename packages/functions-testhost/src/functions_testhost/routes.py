"""Azure Functions route templates (`orders/{id}`, `{name:alpha?}`, `{*path}`) and how they match."""

import re
from dataclasses import dataclass
from urllib.parse import unquote

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


def without_dots(path: str) -> str:
    """Resolves the segments `.` and `..` of an encoded path, as Kestrel does after it has decoded all but `%2F`.

    Source: `PathNormalizer.DecodePath` of ASP.NET Core, RFC 3986 section 5.2.4. Whatever is in front of the host may
    have looked at another path than the one that is served.
    """
    segments = path.split("/")
    dots = [unquote(segment) in (".", "..") for segment in segments]
    if not any(dots):
        return path
    kept: list[str] = []
    for segment, is_dots in zip(segments[1:], dots[1:], strict=True):
        if not is_dots:
            kept.append(segment)
        elif unquote(segment) == "..":
            del kept[-1:]
    # `/a/..` names the folder of `a`
    return "/" + "/".join([*kept, ""] if dots[-1] else kept)


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
