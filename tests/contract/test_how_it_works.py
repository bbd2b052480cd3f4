"""The pictures in docs/how-it-works.md show the functions that are registered."""

import re

import pytest

from tests.contract.test_names import DURABLE, durable_names
from tests.unit.app import ROOT, functions

PAGE = (ROOT / "docs" / "how-it-works.md").read_text(encoding="utf-8")
PICTURE = "\n".join(re.findall(r"```mermaid\n(.*?)```", PAGE, re.DOTALL))
BOXES = set(re.findall(r'^\s+(\w+)[\[({]+"<b>(\w+)</b>', PICTURE, re.MULTILINE))
# what starts an orchestration: the other functions only answer or clean up
STARTERS = {"image_events", "sweep", "recover", "gauge", "post_migration", "post_batch", "post_regions"}


def test_every_orchestrator_activity_and_entity_is_in_the_picture_and_no_other() -> None:
    assert {name for name, _ in BOXES} == set(durable_names(*DURABLE)) | STARTERS


def test_a_box_has_the_name_of_its_function() -> None:
    assert [name for name, label in BOXES if name != label] == []


def test_every_starter_is_a_registered_function() -> None:
    assert set(functions()) >= STARTERS


@pytest.mark.parametrize("name", sorted({name for name, _ in BOXES}))
def test_every_box_is_on_an_arrow(name: str) -> None:
    edges = [line for line in PICTURE.splitlines() if re.search(r"--[->-]|-- ", line)]
    assert any(re.search(rf"\b{name}\b", line) for line in edges)


@pytest.mark.parametrize("folder", re.findall(r"^\| `(\w+)/`", PAGE, re.MULTILINE))
def test_a_folder_that_is_named_exists(folder: str) -> None:
    assert (ROOT / folder).is_dir()
