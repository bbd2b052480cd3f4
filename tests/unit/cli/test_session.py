"""Who is called, as whom, and what a failed command says."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import httpx
import pytest

from cli import address
from tests.unit.cli.api import URL, problem
from tests.unit.cli.running import Caller


class _Token(NamedTuple):
    token: str


class SignedIn:
    """A credential of somebody who is signed in."""

    def __init__(self) -> None:
        self.scopes: list[str] = []

    def get_token(self, *scopes: str) -> _Token:
        self.scopes += scopes
        return _Token("a-token")


class SignedOut:
    """A credential of somebody who is not."""

    def get_token(self, *scopes: str) -> _Token:
        raise ValueError("Please run 'az login' to set up an account.\nMore text.")


def test_the_key_comes_from_a_file_or_the_environment_and_is_never_printed(
    tmp_path: Path, caller: Caller
) -> None:
    file = tmp_path / "key.txt"
    file.write_text("from-the-file\n", encoding="utf-8")
    caller.environ = {"GALLERIST_URL": URL, "GALLERIST_KEY": "from-the-environment"}
    found = [caller.run("images"), caller.run("images", "--key-file", str(file), "-o", "json")]
    keys = [request.headers["x-functions-key"] for request in caller.api.requests]
    assert keys == ["from-the-environment", "from-the-file"]
    assert not any(key in one.stdout + one.stderr for key in keys for one in found)


@pytest.mark.parametrize(
    ("text", "message"), [(None, "cannot be read"), ("", "holds no key"), ("a b", "holds no key")]
)
def test_a_key_file_without_a_key_is_not_signed_in(
    tmp_path: Path, caller: Caller, text: str | None, message: str
) -> None:
    file = tmp_path / "key.txt"
    if text is not None:
        file.write_text(text, encoding="utf-8")
    found = caller.run("images", "--key-file", str(file))
    assert found.code == 4
    assert message in found.stderr


def test_a_token_is_sent_for_the_scope(caller: Caller) -> None:
    credential = SignedIn()
    caller.credential = credential
    caller.run("images", "--scope", "api://app/.default")
    assert caller.api.requests[0].headers["authorization"] == "Bearer a-token"
    assert credential.scopes == ["api://app/.default"]
    no_scope = caller.run("images", "--entra")
    assert no_scope.code == 4
    assert "GALLERIST_SCOPE" in no_scope.stderr


def test_somebody_who_is_signed_out_gets_the_command_that_signs_in(caller: Caller) -> None:
    caller.credential = SignedOut()
    found = caller.run("images", "--scope", "api://app/.default")
    assert found.code == 4
    assert found.stderr.splitlines()[1:] == [
        "Why:   Please run 'az login' to set up an account.",
        "Fix:   Sign in with an account that may call the app.",
        "Try:   az login",
    ]


def test_with_a_token_no_key_is_sent_that_was_not_asked_for(tmp_path: Path, caller: Caller) -> None:
    """The variable may be that of another app; an app that still wants both gets the key by the option."""
    file = tmp_path / "key.txt"
    file.write_text("from-the-file", encoding="utf-8")
    caller.credential = SignedIn()
    caller.environ = {"GALLERIST_URL": URL, "GALLERIST_KEY": "from-the-environment"}
    entra = ("--scope", "api://app/.default")
    found = [caller.run("images", *entra), caller.run("images", *entra, "--key-file", str(file))]
    assert [one.code for one in found] == [0, 0]
    assert [one.headers.get("x-functions-key") for one in caller.api.requests] == [None, "from-the-file"]
    assert {one.headers["authorization"] for one in caller.api.requests} == {"Bearer a-token"}


@pytest.mark.parametrize(
    ("reply", "what", "option"),
    [
        (httpx.Response(401, text=""), "the app refuses the function key, or got none", "--key-file"),
        (httpx.Response(401, text="<h1>no</h1>"), "the platform refuses the token, or got none", "--scope"),
        (problem(401, "nobody is signed in"), "nobody is signed in", "--scope"),
    ],
    ids=["of the host", "of the platform", "of the API"],
)
def test_a_refusal_says_what_is_missing(
    caller: Caller, reply: httpx.Response, what: str, option: str
) -> None:
    caller.api.on("get_images", reply)
    found = caller.run("images")
    assert found.code == 4
    first, *_, last = found.stderr.splitlines()
    assert first == f"Error: {what}"
    assert option in last


@pytest.mark.parametrize(
    ("reply", "what"),
    [
        (httpx.ConnectError("refused"), "cannot be reached"),
        (httpx.ReadTimeout("too slow"), "did not answer in time"),
        (httpx.Response(200, text="<html>"), "is not Gallerist's API"),
        (httpx.Response(403, text="ip not allowed"), "the platform refuses the caller"),
        (problem(403, "only operators may"), "only operators may"),
        (problem(409, "it runs"), "it runs"),
        (problem(500, "failed unexpectedly"), "failed unexpectedly"),
    ],
)
def test_an_error_says_what_is_wrong_and_a_command_that_works(
    caller: Caller, reply: httpx.Response | Exception, what: str
) -> None:
    caller.api.on("get_images", reply)
    found = caller.run("images")
    assert found.code == 1
    assert found.stdout == ""
    first, *_, last = found.stderr.splitlines()
    assert first.startswith("Error: ")
    assert what in first
    assert last.startswith("Try:   ")
    assert "Traceback" not in found.stderr


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["imags"], "No such command 'imags'"),
        (["images", "--nam", "x"], "No such option: --nam"),
        (["images", "-o", "xml"], "'xml'"),
        (["wait"], "Missing argument"),
        (["status", "/subscriptions/x"], "is not the id of a managed image"),
        (["promote", "1.0.0"], "'1.0.0' is not a version"),
        (["images", "--url", "gallerist.example"], "is not the address of an API"),
        (["images", "--url", f"{URL}?code=secret"], "must not hold a key"),
        (["plan", "--region", "eastus2=x", "web"], "'x' is no number of replicas"),
        (["plan", "--purchase-plan", "a/b", "web"], "is not PUBLISHER/PRODUCT/NAME"),
        (["status", "--since", "yesterday"], "'yesterday' is not a moment"),
        (["apply", "no-such-file.json"], "is not a plan that this release can apply"),
    ],
)
def test_a_command_that_is_typed_wrong_ends_with_1(
    caller: Caller, arguments: list[str], message: str
) -> None:
    """2 is for changes, so a mistake in the arguments is not 2, as it is with other programs."""
    found = caller.run(*arguments)
    assert found.code == 1
    assert message in found.stderr
    assert "secret" not in found.stderr


def test_without_an_address_the_local_host_is_found(tmp_path: Path, caller: Caller) -> None:
    environ = {"XDG_STATE_HOME": str(tmp_path)}
    caller.environ = environ
    nowhere = caller.run("images")
    assert nowhere.code == 1
    assert "no Gallerist to talk to" in nowhere.stderr
    with address.announced("http://127.0.0.1:7071/api", environ):
        assert caller.run("images").code == 0
        assert address.of_local_host(environ) == "http://127.0.0.1:7071/api"
    assert address.of_local_host(environ) is None


def test_a_local_host_that_was_killed_is_not_found(tmp_path: Path) -> None:
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    environ = {"XDG_STATE_HOME": str(tmp_path)}
    folder = tmp_path / "gallerist" / "hosts"
    folder.mkdir(parents=True)
    left = json.dumps({"url": URL, "process": ended.pid})
    (folder / f"{ended.pid}.json").write_text(left, encoding="utf-8")
    assert address.of_local_host(environ) is None
    with address.announced("http://127.0.0.1:7071/api", environ):
        assert address.of_local_host(environ) == "http://127.0.0.1:7071/api"


def test_one_local_host_that_ends_does_not_hide_another(tmp_path: Path) -> None:
    environ = {"XDG_STATE_HOME": str(tmp_path)}
    folder = tmp_path / "gallerist" / "hosts"
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as other:
        folder.mkdir(parents=True)
        running = json.dumps({"url": URL, "process": other.pid})
        (folder / f"{other.pid}.json").write_text(running, encoding="utf-8")
        with address.announced("http://127.0.0.1:7071/api", environ):
            pass
        assert address.of_local_host(environ) == URL
        other.communicate(b"\n")


def test_help_takes_less_than_half_a_second_of_cpu() -> None:
    """It imports neither the client nor the API's types."""
    script = """
import atexit, resource, sys
from cli.app import app

@atexit.register
def report():
    print(resource.getrusage(resource.RUSAGE_SELF).ru_utime, "pydantic" in sys.modules)

app(["--help"])
"""
    environ = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    ended = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, env=environ, check=True
    )
    seconds, imported = ended.stdout.splitlines()[-1].split()
    assert float(seconds) < 0.5
    assert imported == "False"


def test_an_unforeseen_error_is_told_in_a_sentence(caller: Caller) -> None:
    """Never a traceback, unless it is asked for."""
    script = """
import sys
from cli.app import show

try:
    {}["x"]
except KeyError as error:
    sys.exit(show(error))
"""
    for asked, expected in (("", "KeyError: 'x' in <module>"), ("1", "Traceback")):
        environ = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), "GALLERIST_TRACEBACK": asked}
        ended = subprocess.run(
            [sys.executable, "-c", script], capture_output=True, text=True, env=environ, check=False
        )
        assert ended.returncode == 1
        assert ended.stderr.startswith("Error: gallerist itself failed")
        assert expected in ended.stderr
