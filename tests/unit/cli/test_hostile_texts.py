"""Texts that others wrote do nothing to the terminal of whoever lists them."""

import json

import pytest

from tests.unit.cli.api import documented, problem
from tests.unit.cli.running import Caller

# the title of the window, the eight-bit form of an escape sequence, the line begun anew, a text that runs backwards
HOSTILE = "\x1b]0;owned\x07\x1b[2Jgone \x9b31mred\rnew\u202etxt.exe"
OBEYED = ("\x1b", "\x07", "\x9b", "\r", "\u202e")


def hostile(caller: Caller) -> Caller:
    answer = documented("get_images")
    answer["images"][0] |= {"name": HOSTILE, "location": HOSTILE, "tags": {"a": HOSTILE}}
    caller.api.on("get_images", answer)
    return caller


@pytest.mark.parametrize("output", ["table", "tsv", "yaml", "json"])
def test_no_list_obeys_a_name_or_a_tag(caller: Caller, output: str) -> None:
    printed = hostile(caller).run("images", "-o", output).stdout
    assert "owned" in printed
    assert not [one for one in OBEYED if one in printed]


def test_the_colours_of_the_command_line_stay_and_those_of_a_name_are_not_drawn(
    caller: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A terminal gets the command line's own sequences alone."""
    monkeypatch.setenv("FORCE_COLOR", "1")
    printed = hostile(caller).run("images").stdout
    assert "\x1b[" in printed
    assert not [one for one in ("\x1b]", "\x1b[2J", *OBEYED[1:]) if one in printed]


def test_json_has_the_same_text_as_before(caller: Caller) -> None:
    printed = hostile(caller).run("images", "-o", "json").stdout
    assert json.loads(printed)["images"][0]["name"] == HOSTILE


def test_no_error_obeys_what_the_app_repeats(caller: Caller) -> None:
    caller.api.on("get_images", problem(409, detail=HOSTILE))
    printed = caller.run("images").stderr
    assert "owned" in printed
    assert not [one for one in OBEYED if one in printed]
