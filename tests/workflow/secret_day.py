"""A day in which the app has every kind of secret in its hands: the secrets, and what it does meanwhile."""

import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from client import Gallerist
from domain.promotion.messages import promotion_id
from domain.resources.ids import ImageDefinitionId, ImageId
from domain.resources.provenance import migration_id
from local.arm import call_arm
from local.stack import ROOT, Stack
from tests.workflow import kept_texts
from tests.workflow.deaths import dies, survived
from tests.workflow.estate import GALLERY, an_image
from tests.workflow.proofs import VERIFY, left, seed
from tests.workflow.receiver import Receiver
from tests.workflow.retiring import Retiring

SAS = "sv=2024-11-04&se=2030-01-01T00%3A00%3A00Z&sr=b&sp=r&sig=MARKED-blob-signature-3f9a"
# what ARM, or somebody who can write messages of a resource, repeats
REPEATED = (
    "the source https://disks.blob.core.windows.net/vhds/x.vhd?sig=MARKED-repeated-signature-77 cannot be read with "
    'Bearer MARKED-repeated-token-77 and {"adminPassword": "MARKED-repeated-password-77"}'
)
MARKS = {
    "the signature of a blob": "MARKED-blob-signature-3f9a",
    "what ARM repeats": "MARKED-repeated",
    "the key of the webhook": "MARKED-webhook-key-5c1d",
    "the connection string": "MARKED-instrumentation-key-9e2b",
}
# not a secret: it must be in every place, or the search of that place shows nothing
TRACER = "tracer-4d1f"
POLICY: dict[str, Any] = {
    "defaults": {
        "galleries": [GALLERY],
        "regions": ["westus2"],
        "replication": {"deadline_hours": 300},
        "verify": VERIFY | {"regions": "home"},
        "retire_source": {"when": "after-approval", "soak_days": 0.5, "approval_days": 2},
    },
}


class Keyed(Retiring):
    """An app that wants its key, as in Azure."""

    def __init__(self, stack: Stack) -> None:
        super().__init__(stack)
        self.key = str(stack.host["keys"]["function"])
        self.http.headers["x-functions-key"] = self.key
        self.secrets = MARKS | _secrets_of(stack)
        # what the task hub held meanwhile: an execution that continues as new takes its history along
        self.found_meanwhile: set[str] = set()
        self.seen_meanwhile: set[str] = set()

    def eventually(self, look: Callable[[], Any]) -> Any:
        def searches() -> Any:
            texts = kept_texts.task_hub(self.stack)
            self.found_meanwhile.update(kept_texts.found(texts, self.secrets))
            self.seen_meanwhile |= {text[:100_000] for text in texts.values() if "capsOperations" in text}
            return look()

        return super().eventually(searches)

    def migration(self, image_id: str) -> dict[str, Any] | None:
        with Gallerist(self.stack.api, self.key) as gallerist:
            return gallerist.migration(migration_id(ImageId.parse(image_id))).model_dump(mode="json")

    def begins(self, image: dict[str, Any]) -> str:
        """Writes an image, and starts its migration; returns its id."""
        image_id = self.write(image)
        started = self.post_migration(image_id)
        assert started.status_code == 202, started.text
        return image_id


class Used(NamedTuple):
    """The app after a day of everything, the secrets that it had in its hands, and who was told."""

    estate: "Keyed"
    receiver: Receiver
    secrets: dict[str, str]
    ids: dict[str, str]


@contextmanager
def using(folder: Path, receiver: Receiver, app: Path = ROOT) -> Iterator[Used]:
    """Proofs, migrations that complete and that fail, a promotion, a retirement, and workers that die meanwhile."""
    webhook = f"http://{receiver.host}/hook?code={MARKS['the key of the webhook']}"
    policy = {"defaults": POLICY["defaults"] | {"notify": {"webhook": webhook, "notice_days": 0.25}}}
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GALLERIST_WEBHOOK_HOSTS", receiver.host)
        key = MARKS["the connection string"]
        patch.setenv("APPLICATIONINSIGHTS_CONNECTION_STRING", f"InstrumentationKey={key};IngestionEndpoint=x")
        # the modules of a copy, and not those beside this test
        patch.setenv("PYTHONPATH", str(app), prepend=os.pathsep)
        options = ["--keys", "--log-level", "debug"]
        stack = Stack(
            folder, seed(), json.dumps(policy), "seconds:60", one_clock=True, host_options=options, app=app
        )
        with stack, Keyed(stack) as estate:
            stack.http.headers["x-functions-key"] = stack.host["keys"]["function"]
            yield Used(estate, receiver, estate.secrets, everything_done(estate))


def _secrets_of(stack: Stack) -> dict[str, str]:
    """What only this run has: the host's keys, the header of the identity, and ARM's certificate in signed URLs."""
    written = call_arm(stack, "PUT", an_image("another")["id"], _body(an_image("another")))
    certificate = written.headers["Azure-AsyncOperation"].partition("&c=")[2][:200]
    assert len(certificate) == 200
    keys = {f"the key {name}": str(key) for name, key in stack.host["keys"].items()}
    return keys | {"ARM's certificate": certificate, "the header": stack.simulator["identity_header"]}


def everything_done(estate: "Keyed") -> dict[str, str]:
    """Does all that the app can do; returns the ids of what it did, by their routes."""
    stack = estate.stack
    dies(stack, during="activity", function="begin_image_version")
    tracer = an_image(TRACER, os_type="Windows")
    disk = tracer["properties"]["storageProfile"]["osDisk"]
    disk["blobUri"] += f"?{SAS}"
    # what ARM answers with on the way is in reasons, waits and failures
    estate.fault(
        method="GET", path=f"/images/{TRACER}/versions", status=500, code="InternalError", message=REPEATED
    )
    estate.fault(
        method="PUT", path="/virtualMachines/", status=503, code="ServiceUnavailable", message=REPEATED
    )
    image_id = estate.begins(tracer)
    assert estate.ended(image_id)["state"] == "completed"
    assert survived(stack) == []
    estate.fault(
        method="PUT", path="/versions/", times=20, status=403, code="AuthorizationFailed", message=REPEATED
    )
    refused = estate.begins(an_image(f"refused-{TRACER}"))
    assert estate.ended(refused)["state"] == "failed"
    stack.control("DELETE", "faults")
    estate.fault(kind="failed", region="westus2", version="/broken-", times=100, message=REPEATED)
    broken = estate.begins(an_image(f"broken-{TRACER}"))
    assert estate.ended(broken)["state"] in ("partial", "failed")
    stack.kill_host()
    stack.start_host()
    definition = f"{GALLERY}/images/{TRACER}"
    (number,) = estate.versions(TRACER)
    started = estate.post("promotions", version=f"{definition}/versions/{number}", bake_hours=0)
    assert started.status_code == 202, started.text
    promotion = promotion_id(ImageDefinitionId.parse(definition))
    estate.eventually(
        lambda: estate.http.get(f"{stack.api}/promotions/{promotion}").json()["state"] == "promoted"
    )
    retirement = estate.begin(image_id)
    estate.waits(retirement, "awaiting-approval")
    assert estate.approve(retirement).status_code == 202
    estate.waits(retirement, "retired")
    stack.let_pass(timedelta(hours=1))
    assert left(estate) == []
    return {
        "migrations": migration_id(ImageId.parse(refused)),
        "promotions": promotion,
        "retirements": retirement,
        "image": refused,
        "version": f"{definition}/versions/{number}",
        "definition": definition,
    }


def _body(image: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in image.items() if name != "id"}
