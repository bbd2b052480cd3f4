"""An image goes all the way on the real extension, while the worker dies in every part of it."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx

from domain.retirement.messages import DECIDED_EVENT
from tests.acceptance.marks import extension_only
from tests.acceptance.site import Site
from tests.workflow.estate import an_image
from tests.workflow.proofs import left

SECONDS_BETWEEN_HINTS = 10

pytestmark = extension_only("the workflow tests kill the embedded host at every step, on one clock")


def test_an_image_is_proved_promoted_and_retired_once_although_workers_die(site: Site) -> None:
    image = site.write(an_image("whole-a"))
    with the_worker_dies_at(site, "PUT", "/virtualMachines/gallerist-proof-"):
        site.start_directly(image)

    migration = site.ended(image)

    assert (migration["state"], migration["warnings"]) == ("completed", [])
    assert [proof["verdict"] for proof in migration["targets"][0]["proofs"]] == ["proved"]
    assert left(site) == []
    promotion, retirement = migration["followed_by"]
    with the_worker_dies_at(site, "PUT", "/galleries/golden/images/whole-a/versions/"):
        pass
    site.eventually(lambda: get(site, promotion)["state"] == "promoted")
    reaches(site, retirement, "awaiting-approval")
    approval = {"fingerprint": migration["fingerprint"], "reason": "the fleet moved"}
    with the_worker_dies_at(site, "DELETE", "/images/whole-a"):
        assert site.http.post(f"{retirement}/approve", json=approval).status_code == 202
    reaches(site, retirement, "retired")
    deletes = [
        one
        for one in site.host.control("GET", "requests")
        if one["method"] == "DELETE" and one["path"].lower() == image.lower()
    ]
    assert [one["status"] for one in deletes].count(202) == 1
    certificate = get(site, f"{retirement}/certificate")
    assert all(obligation["met"] for obligation in certificate["certificate"]["obligations"])
    assert certificate["deletion"] is not None


@contextmanager
def the_worker_dies_at(site: Site, method: str, path: str) -> Iterator[None]:
    """Kills the worker while Azure has this request, which what is done inside leads to, and starts it again."""
    with site.host.gate.hold(method, path) as hold:
        yield
        hold.wait_for_request()
        site.host.kill_worker()
    site.host.restart_worker()


def reaches(site: Site, retirement: str, state: str) -> None:
    """Waits for a state of the retirement, and hints now and then that it look again: by itself it takes minutes."""
    instance = retirement.rpartition("/")[2]
    hint = f"{site.host.durable_url}/instances/{instance}/raiseEvent/{DECIDED_EVENT}"
    hinted = 0.0

    def look() -> bool:
        nonlocal hinted
        if time.monotonic() - hinted > SECONDS_BETWEEN_HINTS:
            hinted = time.monotonic()
            httpx.post(hint, json={}, timeout=60)
        return bool(get(site, retirement)["state"] == state)

    site.eventually(look)


def get(site: Site, address: str) -> dict[str, Any]:
    answer: dict[str, Any] = site.http.get(address).raise_for_status().json()
    return answer
