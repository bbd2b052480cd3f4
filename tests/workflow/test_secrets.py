"""No secret is kept or handed out, whatever the app does: all that it leaves behind is searched for each of them."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from local.stack import ROOT
from rehearsal.snapshot import save
from scripts.package import write_folder
from tests.rehearsal.conftest import snapshot_of
from tests.workflow import kept_texts
from tests.workflow.estate import HERE
from tests.workflow.receiver import Receiver
from tests.workflow.secret_day import TRACER, Used, using


@pytest.fixture(scope="module")
def used(tmp_path_factory: pytest.TempPathFactory, receiver: Receiver) -> Iterator[Used]:
    with using(tmp_path_factory.mktemp("stack"), receiver) as used:
        yield used


def _queries(ids: dict[str, str]) -> dict[str, dict[str, str]]:
    """What routes ask for in their queries."""
    definition, image, version = ids["definition"], ids["image"], ids["version"]
    return {
        "images/explain": {"image": image},
        "versions/why": {"version": version, "region": "westus2"},
        "definitions/history": {"definition": definition},
        "definitions/check": {"definition": definition},
        "diff": {"subscription": HERE},
        "lineage": {"version": version},
        "adoption": {"definition": definition},
        "retention": {"definition": definition},
        "references": {"version": version},
    }


def answers(used: Used) -> dict[str, str]:
    """Those of every GET route, of plans, and the page."""
    texts = kept_texts.answers(used.estate.stack, used.ids, _queries(used.ids))
    # nothing was retained, restored, re-pointed or done in a batch
    without = ("batches/{id}", "references/repoint/{id}", "restores/{id}", "retention/{id}")
    assert sorted(name for name in texts if not name.endswith(" 200")) == [
        f"GET {one} 404" for one in without
    ]
    for plan, body in (
        ("migrations/plan", {"image": used.ids["image"]}),
        ("promotions/plan", {"version": used.ids["version"]}),
    ):
        answer = used.estate.post(plan, **body)
        assert answer.status_code == 200, answer.text
        texts[f"POST {plan}"] = answer.text
    page = {
        name: used.estate.http.get(f"{used.estate.stack.api}/dashboard/{name}").text
        for name in ("", "app.js")
    }
    return texts | {f"page {name}": text for name, text in page.items()}


def printed(used: Used) -> dict[str, str]:
    """What the command line prints, an error among it."""
    commands = (
        "status",
        f"explain {used.ids['image']}",
        f"status {used.ids['migrations']} --json",
        "status unknown",
    )
    return kept_texts.printed(used.estate.stack, used.estate.key, *commands)


PLACES: dict[str, Callable[[Used], dict[str, str]]] = {
    "task hub": lambda used: kept_texts.task_hub(used.estate.stack),
    # at its most verbose, over two processes
    "log": lambda used: {"host.log": used.estate.stack.log("host")},
    "evidence": lambda used: kept_texts.files_of(used.estate.stack.folder / "evidence", "evidence"),
    "answers": answers,
    "notices": lambda used: kept_texts.notices(used.receiver.got),
    "command line": printed,
}
CLOCK = "        self._clock.note(parse_date(response"
CREATE = "        try:\n            with arm_errors():\n                await machines.begin_create"
# what makes the app leak: the file, what stands there, and what does instead
LEAKS = [
    (
        "domain/resources/operations.py",
        "    parts = urlsplit(url)\n",
        "    return url\n    parts = urlsplit(url)\n",
    ),
    ("domain/redaction.py", "    folded = text", "    return text\n    folded = text"),
    ("domain/redaction.py", "    base, _, query = url", "    return url\n    base, _, query = url"),
    (
        "adapters/azure/arm.py",
        CLOCK,
        f"        print(request.http_request.headers['Authorization'], file=__import__('sys').stderr)\n{CLOCK}",
    ),
    (
        "adapters/azure/machines.py",
        CREATE,
        f"        print(secret, file=__import__('sys').stderr)\n{CREATE}",
    ),
]
# where each of them is found, and as what
LEAKED = {
    "task hub": {
        "ARM's certificate",
        "what ARM repeats",
        "the signature of a blob",
        "the key of the webhook",
    },
    "log": {"a token", "a machine's password"},
    "evidence": {"the signature of a blob", "what ARM repeats"},
    "answers": {"the signature of a blob", "what ARM repeats", "the key of the webhook"},
    "notices": {"what ARM repeats"},
    "command line": {"what ARM repeats", "the key of the webhook"},
}


@pytest.mark.parametrize("place", PLACES)
def test_no_secret_is_in(used: Used, place: str) -> None:
    texts = PLACES[place](used)
    assert TRACER in "".join(texts.values()), "nothing of what was done is there, so the search shows nothing"
    assert kept_texts.found(texts, used.secrets) == []


def test_the_task_hub_never_held_a_secret(used: Used) -> None:
    """An execution that continues as new takes its history along: the texts were searched meanwhile, too."""
    assert used.estate.found_meanwhile == set()
    assert "capsOperations" in "".join(used.estate.seen_meanwhile), "operations are known by their addresses"


def test_what_was_kept_of_operations_is_gone_with_their_end(used: Used) -> None:
    """But for that of the version that did not reach its region, which is forgotten after a week."""
    kept = kept_texts.files_of(used.estate.stack.folder / "operations", "operations")
    assert len(kept) == 1, sorted(kept)


def test_a_snapshot_has_no_secret(used: Used, tmp_path: Path) -> None:
    save(snapshot_of(used.estate.stack), tmp_path / "fleet.json")
    texts = kept_texts.files_of(tmp_path, "snapshot")
    assert "Microsoft.Compute/images" in "".join(texts.values())
    assert kept_texts.found(texts, used.secrets) == []


@pytest.mark.parametrize(("file", "there", "instead"), LEAKS)
def test_a_leak_can_still_be_put_in(file: str, there: str, instead: str) -> None:
    text = (ROOT / file).read_text(encoding="utf-8")
    assert there in text
    compile(text.replace(there, instead), file, "exec")


@pytest.mark.slow
def test_a_secret_that_leaks_is_found_in_every_place(tmp_path: Path, receiver: Receiver) -> None:
    """A copy of the app that hides nothing: without this, a search that never finds anything would pass."""
    app = tmp_path / "app"
    write_folder(ROOT, app)
    for file, there, instead in LEAKS:
        text = (app / file).read_text(encoding="utf-8")
        assert there in text, (file, there)
        (app / file).write_text(text.replace(there, instead), encoding="utf-8")
    receiver.got.clear()
    with using(tmp_path / "stack", receiver, app) as used:
        found = {place: kept_texts.found(texts(used), used.secrets) for place, texts in PLACES.items()}
        found["task hub"] += used.estate.found_meanwhile
    names = {place: {one.partition(" in ")[0] for one in leaks} for place, leaks in found.items()}
    missed = {place: wanted - names[place] for place, wanted in LEAKED.items()}
    assert not any(missed.values()), missed
