"""Route templates match paths as the Functions host does."""

import pytest
from functions_testhost.routes import Route, RouteError, without_dots


@pytest.mark.parametrize(
    ("template", "path", "parameters"),
    [
        ("api/things", "/api/things", {}),
        ("api/things", "/API/Things/", {}),
        ("api/things", "/api/things/1", None),
        ("api/{name}/x", "/api/Bob/x", {"name": "Bob"}),
        ("api/{name}/x", "/api//x", None),
        ("api/{name}/{id?}", "/api/a/b", {"name": "a", "id": "b"}),
        ("api/{name}/{id?}", "/api/a", {"name": "a"}),
        ("api/{id:int}", "/api/12", {"id": "12"}),
        ("api/{id:int}", "/api/a", None),
        ("files/{*path}", "/files/a/b.txt", {"path": "a/b.txt"}),
        ("files/{*path}", "/files", {}),
        ("", "/", {}),
        ("a.b", "/aXb", None),
    ],
)
def test_a_template_matches(template: str, path: str, parameters: dict[str, str] | None) -> None:
    assert Route.parse(template).match(path) == parameters


def test_the_more_precise_route_wins() -> None:
    templates = ["{*rest}", "a/{x}", "a/{x:int}", "a/b"]
    routes = sorted((Route.parse(template) for template in templates), key=lambda route: route.precedence)
    assert [route.template for route in routes] == ["a/b", "a/{x:int}", "a/{x}", "{*rest}"]


@pytest.mark.parametrize("template", ["a/{x:range(1,2)}", "a/{x:odd}", "a/b{x}"])
def test_a_template_that_this_host_cannot_serve_raises(template: str) -> None:
    with pytest.raises(RouteError, match="this host does not serve"):
        Route.parse(template)


@pytest.mark.parametrize(
    ("sent", "served"),
    [
        ("/api/page/../things", "/api/things"),
        ("/api/page/%2e%2E/things", "/api/things"),
        ("/api/page/.%2e/./things", "/api/things"),
        ("/../../api/things", "/api/things"),
        ("/api/things/..", "/api/"),
        ("/api/things/.", "/api/things/"),
        ("/..", "/"),
        ("/api/page/..%2fthings", "/api/page/..%2fthings"),
        ("/api/page/%252e%252e/things", "/api/page/%252e%252e/things"),
        ("/api/..things/a.b/...", "/api/..things/a.b/..."),
        ("/api//things", "/api//things"),
        ("", ""),
    ],
)
def test_dots_are_resolved_before_a_route_is_chosen(sent: str, served: str) -> None:
    assert without_dots(sent) == served
