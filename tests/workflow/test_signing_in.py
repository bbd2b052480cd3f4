"""Who gets in: with App Service authentication in front of the app, without it, and when the two disagree."""

import base64
import importlib.util
import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import pytest
from typer.testing import CliRunner

from api.operations import OPERATIONS
from api.operations.operation import Operation
from cli.app import app
from cli.session import Surroundings
from local.stack import ROOT
from tests.workflow.app_service import COOKIE, ENTRA, AppService, Deployed, Principal, ask, bearer
from tests.workflow.estate import PACE, POLICY, SEED, an_image

ANN = Principal("3f0c9a5e-0000-4000-8000-00000000a111", "ann@contoso.com")
OLGA = Principal("3f0c9a5e-0000-4000-8000-00000000b222", "olga@contoso.com", ("Gallerist.Operator",))
# a managed identity: its token names nobody
BUILDER = Principal("3f0c9a5e-0000-4000-8000-00000000c333")
EVE = Principal("1234567", "eve", ("Gallerist.Operator",), provider="github")
SIGNED_IN = {"token-of-ann": ANN, "token-of-olga": OLGA, "token-of-builder": BUILDER, "token-of-eve": EVE}
# what a caller writes who wants to be somebody else
FORGED = OLGA.headers()
IMAGES = [
    an_image(name) for name in ("of-ann", "of-builder", "of-nobody", "of-key", "by-command", "by-action")
]
OPEN = {"get_health"}


@contextmanager
def deployed(folder: Path, more: dict[str, str]) -> Iterator[Deployed]:
    seed = {**SEED, "resources": [*SEED["resources"], *IMAGES]}
    options = ["--keys"]
    with Deployed(folder, seed, POLICY, PACE, one_clock=True, host_options=options, more=more) as running:
        yield running


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployed]:
    """An app that was deployed with Entra, and whose platform authenticates."""
    with deployed(tmp_path_factory.mktemp("entra"), ENTRA) as running:
        yield running


@pytest.fixture(scope="module")
def front(stack: Deployed) -> Iterator[AppService]:
    with AppService(stack.host["url"], SIGNED_IN) as server:
        yield server


@pytest.fixture(scope="module")
def careless(stack: Deployed) -> Iterator[AppService]:
    """A platform that lets everybody through, signed in or not."""
    with AppService(stack.host["url"], SIGNED_IN, action="AllowAnonymous") as server:
        yield server


def address(operation: Operation) -> str:
    return "/api/" + operation.path.replace("{", "").replace("}", "")


def start(api: str, image: int, headers: dict[str, str]) -> httpx.Response:
    return httpx.post(f"{api}/api/migrations", json={"image": IMAGES[image]["id"]}, headers=headers)


def started_by(stack: Deployed, started: httpx.Response, headers: dict[str, str]) -> str:
    found = httpx.get(f"{stack.api}/migrations/{started.json()['id']}", headers=headers)
    return str(found.raise_for_status().json()["started_by"])


# Entra in front


def test_a_person_and_an_application_need_no_key_and_are_named(stack: Deployed, front: AppService) -> None:
    for image, token, name in ((0, "token-of-ann", "ann@contoso.com"), (1, "token-of-builder", BUILDER.id)):
        # what they write themselves is not what the app reads
        started = start(front.url, image, {**bearer(token), **FORGED})
        assert started.status_code == 202, started.text
        # the addresses of the answer are those of the front
        assert started.headers["location"].startswith(f"{front.url}/api/migrations/")
        assert started_by(stack, started, {**ANN.headers()}) == name
        assert httpx.get(started.headers["location"], headers=bearer(token)).status_code == 200
    assert not [one for one in front.forwarded if "x-functions-key" in one]


def test_the_cookie_of_the_sign_in_is_enough_for_the_page(front: AppService) -> None:
    cookie = {"Cookie": f"{COOKIE}=token-of-ann"}
    assert ask(front.url, "/api/freeze", cookie).status == 200


EVIL = "https://evil.example"


@pytest.mark.parametrize(
    ("sent_by", "status"),
    [
        ({"Sec-Fetch-Site": "same-origin", "Origin": EVIL}, 200),
        ({"Sec-Fetch-Site": "none"}, 200),
        ({}, 200),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        # another app of azurewebsites.net is another site, and one below the same domain may be somebody else's
        ({"Sec-Fetch-Site": "same-site"}, 403),
        ({"Origin": EVIL}, 403),
        ({"Origin": "null"}, 403),
        ({"Origin": "https://["}, 403),
    ],
)
def test_a_page_of_another_site_does_nothing_with_the_cookie(
    front: AppService, sent_by: dict[str, str], status: int
) -> None:
    """A key never came along by itself; the cookie does. A request with a token is its sender's own."""
    cookie = {"Cookie": f"{COOKIE}=token-of-olga"}
    body = {"frozen": False, "reason": "an audit"}
    answer = httpx.post(f"{front.url}/api/freeze", json=body, headers={**cookie, **sent_by})
    assert answer.status_code == status
    if status == 403:
        assert answer.json()["detail"] == "the request comes from a page of another site"
        assert "www-authenticate" not in answer.headers
    assert ask(front.url, "/api/freeze", {**cookie, **sent_by}).status == 200
    with_token = httpx.post(
        f"{front.url}/api/freeze", json=body, headers={**bearer("token-of-olga"), **sent_by}
    )
    assert with_token.status_code == 200


def test_the_page_itself_may_change_things_in_a_browser_that_says_only_its_origin(front: AppService) -> None:
    headers = {"Cookie": f"{COOKIE}=token-of-olga", "Origin": front.url}
    body = {"frozen": False, "reason": "an audit"}
    assert httpx.post(f"{front.url}/api/freeze", json=body, headers=headers).status_code == 200


def test_only_an_operator_decides(front: AppService) -> None:
    body = {"frozen": True, "reason": "an audit"}
    refused = httpx.post(f"{front.url}/api/freeze", json=body, headers=bearer("token-of-ann"))
    assert (refused.status_code, "ann@contoso.com" in refused.json()["detail"]) == (403, True)
    body["frozen"] = False
    done = httpx.post(f"{front.url}/api/freeze", json=body, headers=bearer("token-of-olga"))
    assert done.status_code == 200


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.name)
def test_the_app_refuses_by_itself_what_the_platform_lets_through(
    operation: Operation, stack: Deployed, careless: AppService
) -> None:
    """With no header, with a key, and with forged headers, which the platform removes."""
    for headers in ({}, stack.key, {**FORGED, "x-ms-token-aad-id-token": "forged"}, bearer("no-token")):
        answer = ask(careless.url, address(operation), headers, operation.method)
        if operation.name in OPEN:
            assert answer.status == 200
            continue
        problem = json.loads(answer.text)
        assert answer.status == problem["status"] == 401
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.headers["www-authenticate"] == "Bearer"
        assert problem["detail"] == "nobody is signed in"
        assert "function key" in problem["cause"]
        assert "header Authorization" in problem["fix"]


def test_somebody_of_another_provider_is_refused(careless: AppService, front: AppService) -> None:
    """Whoever manages the app can turn on a provider where anybody has an account."""
    for server in (careless, front):
        answer = ask(server.url, "/api/images", bearer("token-of-eve"))
        assert (answer.status, "'github'" in answer.text) == (401, True)


@pytest.mark.parametrize(
    "path",
    [
        "/api/dashboard/../images",
        "/api/dashboard/%2e%2e/images",
        "/api/dashboard/./.%2E/Images",
        "/api/dashboard/x/../../migrations",
        "/api/dashboard/../../api/freeze",
    ],
)
def test_no_spelling_of_an_excluded_path_leads_into_the_api(front: AppService, path: str) -> None:
    """The platform lets them through: it compares the path as it was sent. The host serves another one."""
    before = len(front.forwarded)
    for headers in ({}, FORGED):
        answer = ask(front.url, path, headers)
        assert (answer.status, json.loads(answer.text)["detail"]) == (401, "nobody is signed in")
    assert len(front.forwarded) == before + 2


@pytest.mark.parametrize(
    "path", ["/api/images", "/API/Images", "/api/images/", "/api/health/../images", "/api/dashboards"]
)
def test_what_is_not_excluded_does_not_reach_the_app(front: AppService, path: str) -> None:
    before = len(front.forwarded)
    assert ask(front.url, path).status == 401
    assert len(front.forwarded) == before


def test_health_and_the_page_stay_open(front: AppService) -> None:
    for path in ("/api/health", "/api/dashboard", "/api/dashboard/app.js"):
        assert ask(front.url, path).status == 200
        assert ask(front.url, path, FORGED).status == 200


@pytest.mark.parametrize("spelling", ["EventGrid", "eventgrid"])
def test_the_webhooks_want_their_own_keys_as_before(
    stack: Deployed, front: AppService, careless: AppService, spelling: str
) -> None:
    events = f"/runtime/webhooks/{spelling}?functionName=image_events"
    hub = "/runtime/webhooks/durabletask/instances"
    assert ask(front.url, events, {**FORGED, "aeg-event-type": "Notification"}, "POST").status in (401, 404)
    assert ask(front.url, hub).status == 401
    assert ask(front.url, hub, bearer("token-of-olga")).status == 401
    assert ask(careless.url, hub, stack.key).status == 401
    system_key = {"x-functions-key": stack.host["keys"]["durabletask_extension"]}
    assert ask(front.url, hub, {**bearer("token-of-olga"), **system_key}).status == 200


# without it


@pytest.fixture(scope="module")
def bare(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployed]:
    """An app with nothing in front of it."""
    with deployed(tmp_path_factory.mktemp("keys"), {}) as running:
        yield running


def with_settings(stack: Deployed, more: dict[str, str]) -> Deployed:
    """The app after a change of its settings, which starts it again."""
    stack.more = more
    stack.kill_host()
    stack.start_host()
    return stack


def test_keys_alone_as_before(bare: Deployed) -> None:
    refused = ask(bare.host["url"], "/api/images", FORGED)
    assert (refused.status, refused.text) == (401, "")
    assert ask(bare.host["url"], "/api/health").status == 200
    started = start(bare.host["url"], 2, {**bare.key, **FORGED})
    assert started_by(bare, started, bare.key) == "http"
    body = {"frozen": True, "reason": "an audit"}
    decided = httpx.post(f"{bare.api}/freeze", json=body, headers={**bare.key, **FORGED})
    assert (decided.status_code, "names nobody" in decided.json()["detail"]) == (403, True)


def test_without_the_platform_the_key_is_back_at_the_next_start(bare: Deployed) -> None:
    """Somebody turned the platform's authentication off; the headers are now the caller's own."""
    stack = with_settings(bare, {**ENTRA, "WEBSITE_AUTH_ENABLED": "False"})
    assert ask(stack.host["url"], "/api/images", FORGED).status == 401
    assert start(stack.host["url"], 3, FORGED).status_code == 401
    started = start(stack.host["url"], 3, {**stack.key, **FORGED})
    assert started_by(stack, started, stack.key) == "http"


def test_authentication_that_is_turned_on_by_hand_does_not_replace_the_key(bare: Deployed) -> None:
    """It may accept anybody. Callers need both, as before the deployment knew of it, and are named."""
    stack = with_settings(bare, {"WEBSITE_AUTH_ENABLED": "True"})
    with AppService(stack.host["url"], SIGNED_IN) as front:
        assert ask(front.url, "/api/images", stack.key).status == 401
        assert ask(front.url, "/api/images", bearer("token-of-eve")).status == 401
        both = {**bearer("token-of-ann"), **stack.key}
        started = start(front.url, 1, both)
        assert started_by(stack, started, {**stack.key, **ANN.headers()}) == "ann@contoso.com"


# the command line


class _Token(NamedTuple):
    token: str


class _SignedIn:
    def get_token(self, *scopes: str) -> _Token:
        assert scopes == ("api://app/.default",)
        return _Token("token-of-ann")


def command(front: AppService, *arguments: str, **environ: str) -> Any:
    world = Surroundings(environ=environ, credential=_SignedIn, terminal=False)
    url = ("--url", f"{front.url}/api")
    return CliRunner().invoke(app, [*arguments, *url], env=environ, obj=world)


def test_the_command_line_needs_a_token_and_no_key(front: AppService) -> None:
    before = len(front.forwarded)
    entra = ("--scope", "api://app/.default")
    done = command(front, "migrate", IMAGES[4]["id"], *entra, "--yes", GALLERIST_KEY="a-key-of-another-app")
    assert done.exit_code == 0, done.stderr
    shown = command(front, "status", IMAGES[4]["id"], *entra, "-o", "json")
    assert json.loads(shown.stdout)["started_by"] == "ann@contoso.com"
    sent = front.forwarded[before:]
    assert sent
    assert not [one for one in sent if "x-functions-key" in one]
    # nobody is signed in: what is missing is a token
    refused = command(front, "images", GALLERIST_KEY="a-key")
    assert refused.exit_code == 4
    assert "--scope" in refused.stderr


def test_the_action_needs_a_token_and_no_key(stack: Deployed, front: AppService, tmp_path: Path) -> None:
    file = ROOT / ".github" / "actions" / "migrate" / "migrate.py"
    spec = importlib.util.spec_from_file_location("migrate_with_token", file)
    assert spec is not None
    assert spec.loader is not None
    action = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(action)
    before = len(front.forwarded)
    variables = {
        "GALLERIST_URL": f"{front.url}/api",
        "GALLERIST_IMAGE": IMAGES[5]["id"],
        "GALLERIST_FUNCTION_KEY": "",
        "GALLERIST_TOKEN": "token-of-builder",
        "GALLERIST_TIMEOUT_MINUTES": "300",
        "GITHUB_OUTPUT": str(tmp_path / "outputs"),
    }
    action.main(variables, lambda seconds: stack.let_pass(timedelta(seconds=seconds)))
    assert "state=completed" in (tmp_path / "outputs").read_text(encoding="utf-8")
    sent = front.forwarded[before:]
    assert len(sent) > 1
    assert not [one for one in sent if "x-functions-key" in one]


def test_the_claims_are_read_as_the_platform_writes_them() -> None:
    """The stand-in writes the documented members."""
    document = json.loads(base64.b64decode(OLGA.headers()["X-MS-CLIENT-PRINCIPAL"]))
    assert document.keys() == {"auth_typ", "claims", "name_typ", "role_typ"}
