"""What a release left in a task hub, in Azure and in the evidence is read as the release read it itself.

Some of its instances have ended, and some are in the midst of their work. `python -m scripts.save_histories --release`
saves them, with the answers of the release.
"""

import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel

from domain import names
from domain.fleet.gauge import Gauge
from domain.fleet.interruptions import Interruptions
from domain.migration.hints import HintRecord
from domain.planning.numbering import Reservation, reserve
from domain.records.freeze import Freeze
from local.stack import Stack
from scripts.saved_instances import answers, restore_instances

RELEASES = sorted((Path(__file__).parent / "releases").iterdir())


def read(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))


@pytest.fixture(scope="module", params=RELEASES, ids=lambda release: release.name)
def release(request: pytest.FixtureRequest) -> Path:
    """The folder of a release."""
    folder: Path = request.param
    return folder


@pytest.fixture(scope="module")
def now_answered(release: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    """What the code as it is answers about the instances of a release, at the moment at which they were saved."""
    folder = tmp_path_factory.mktemp("restored")
    now = restore_instances(release, folder / "taskhub.sqlite")
    shutil.copytree(release / "evidence", folder / "evidence")
    policy = (release / "policy.yaml").read_text(encoding="utf-8")
    azure = read(release / "azure.json")
    stack = Stack(folder, azure, policy, one_clock=True, start=now.isoformat())
    with stack:
        yield answers(stack)


def lost(before: Any, after: Any, path: str = "") -> list[str]:
    """Lists what another answer lacks or has otherwise. It may have more fields: a later release adds some."""
    if isinstance(before, dict) and isinstance(after, dict):
        missing = [f"{path}/{name}: gone" for name in before if name not in after]
        both = [name for name in before if name in after]
        return [
            *missing,
            *(one for name in both for one in lost(before[name], after[name], f"{path}/{name}")),
        ]
    if isinstance(before, list) and isinstance(after, list) and len(before) == len(after):
        pairs = enumerate(zip(before, after, strict=True))
        return [one for index, (old, new) in pairs for one in lost(old, new, f"{path}/{index}")]
    return [] if before == after else [f"{path}: {before!r} became {after!r}"]


def test_every_answer_of_the_release_is_given_again(release: Path, now_answered: dict[str, Any]) -> None:
    """Lists, single views, the certificate, and what is read from tags and evidence: nothing is lost."""
    before = read(release / "answers.json")
    assert lost(before, now_answered) == []


def test_the_instances_of_a_release_are_of_all_kinds_and_some_run(release: Path) -> None:
    """Otherwise the comparison would say less than it seems to."""
    given = read(release / "answers.json")
    wanted = {
        "migrations": {"blocked", "completed", "replicating", "skipped"},
        "batches": {"running"},
        "promotions": {"baking", "promoted"},
        "retirements": {"awaiting-approval", "kept", "retired", "soaking"},
    }
    for kind, states in wanted.items():
        assert states <= {one["state"] for one in given[kind][kind]}
    assert read(release / "entities.json")["states"].keys() >= {"@freeze@all"}
    assert any(
        "gallerist-release" in resource.get("tags", {})
        for resource in read(release / "azure.json")["resources"]
    )


def test_the_entities_of_a_release_are_read_whole(release: Path) -> None:
    """What cannot be read is forgotten without an error, so the comparison is with what is stored."""
    readers: dict[str, Callable[[Any], BaseModel]] = {
        names.FREEZE: Freeze.model_validate,
        names.GALLERY_HINTS: HintRecord.read,
        names.INTERRUPTIONS: Interruptions.model_validate,
        names.LAST_GAUGE: Gauge.model_validate,
    }
    states = read(release / "entities.json")["states"]
    seen = set()
    for entity_id, state in states.items():
        name = entity_id.split("@")[1]
        seen.add(name)
        if name in readers:
            assert lost(state, readers[name](state).model_dump(mode="json")) == []
    assert seen >= {*readers, names.VERSION_LEDGER}


def test_the_ledger_of_a_release_keeps_its_numbers(release: Path) -> None:
    """Who holds a number gets it again, and nobody else does."""
    states = read(release / "entities.json")["states"]
    ledgers = [state for name, state in states.items() if name.startswith(f"@{names.VERSION_LEDGER}@")]
    assert ledgers
    for ledger in ledgers:
        for holder, number in ledger.items():
            again, after = reserve(dict(ledger), Reservation(holder=holder))
            other, _ = reserve(dict(ledger), Reservation(holder="/another/image@content"))
            assert (again.version, after) == (number, ledger)
            assert other.version not in (None, *ledger.values())


def test_a_loss_is_noticed() -> None:
    assert lost({"a": [{"b": 1}]}, {"a": [{"b": 1, "c": 2}]}) == []
    assert lost({"a": [{"b": 1}]}, {"a": [{}]}) == ["/a/0/b: gone"]
    assert lost({"a": [1]}, {"a": []}) == ["/a: [1] became []"]
