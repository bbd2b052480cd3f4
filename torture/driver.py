"""Plays a plan moment by moment: a storm of a day and a half, then calm, one more batch, and time until all ended."""

import heapq
import itertools
import json
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path

from torture.azure import Others
from torture.disturbances import CALM_AFTER_MINUTES, Disturbance, What
from torture.estate import GALLERY, Image, policy
from torture.host import APP_AGENT, TorturedHost
from torture.latest import latest_of
from torture.operators import Operators
from torture.plan import Plan
from torture.record import Record
from torture.stack import PolicyBlob

ROUND_MINUTES = 60
SECOND_BATCH_MINUTE = 420
# after the calm; a retirement that begins then soaks, is approved, and may have to begin anew
PATIENCE_MINUTES = 10 * 24 * 60
# then an operator keeps the images whose retirements are still blocked
PATIENCE_WITH_BLOCKED_MINUTES = 4 * 24 * 60
_TICK = timedelta(minutes=1)


class Driver:
    """Plays what the plan says, moment by moment."""

    def __init__(self, plan: Plan, host: TorturedHost, record: Record, blob: PolicyBlob) -> None:
        self.plan = plan
        self.host = host
        self.stack = host.stack
        self.record = record
        self.blob = blob
        self.fleet = {image.number: image for image in record.world.fleet}
        self.others = Others(self.stack, record)
        self.operators = Operators(host, record, record.world.fleet)
        self.faults: Counter[str] = Counter()
        self._agenda: list[tuple[int, int, Callable[[], None]]] = []
        self._order = itertools.count()
        self._begin = self.stack.now()
        self._policy = policy(plan.images)
        # the orchestrations that did not end
        self.left: list[str] = []

    # time

    @property
    def minute(self) -> float:
        """The minute of the run, on the virtual clock."""
        return (self.stack.now() - self._begin) / _TICK

    def at(self, minute: float, action: Callable[[], None]) -> None:
        """Puts something on the agenda."""
        heapq.heappush(self._agenda, (round(minute), next(self._order), action))

    def later(self, minutes: float, action: Callable[[], None]) -> None:
        """Puts something on the agenda, so many minutes from now."""
        self.at(self.minute + minutes, action)

    def play(self) -> None:
        """The storm, the calm, and the time until all has ended."""
        self._prepare()
        while self._agenda and self._agenda[0][0] < CALM_AFTER_MINUTES:
            minute, _, action = heapq.heappop(self._agenda)
            self.host.let_pass(timedelta(minutes=max(0.0, minute - self.minute)))
            action()
        self._calm()
        self._wait_for()
        # what is left alone for hours is looked at once more
        self._pass_and_decide()

    def _prepare(self) -> None:
        self.stack.subscribe_to_events()
        if self.plan.share:
            share = {"share": self.plan.share, "seed": self.plan.seed, "agent": APP_AGENT}
            self.stack.control("POST", "faults", share)
        for image in self.fleet.values():
            if image.arrival == "batch":
                # the seed has written it
                self.record.note("image written", image.id, {"build": 0})
            else:
                self.at(image.minute, lambda image=image: self._arrive(image))  # type: ignore[misc]
        for disturbance in self.plan.disturbances:
            if disturbance.what != "host killed":
                self.at(disturbance.minute, lambda one=disturbance: self._disturb(one))  # type: ignore[misc]
        self.at(1, self.operators.start_batch)
        self.at(SECOND_BATCH_MINUTE, self.operators.start_batch)
        for minute in range(ROUND_MINUTES, CALM_AFTER_MINUTES, ROUND_MINUTES):
            self.at(minute, self._round)

    def _calm(self) -> None:
        """Azure and the host do what they should, and nobody uses or locks an image any more."""
        self.blob.text = policy(self.plan.images)
        self.host.calm()
        for share in self.stack.control("GET", "faults")["shares"]:
            self.faults.update(share["met"])
        self.stack.control("DELETE", "faults")
        for image in self.fleet.values():
            self.others.use_no_more(image)
        self.record.note("calm", "azure")
        self._settle()
        self.stack.control("POST", "events", {"copies": 1, "reorder": False, "lose_next": 0})
        # what the storm kept from starting, or left partial, is what a batch is for
        self.operators.start_batch()

    def _settle(self) -> None:
        """What the storm left running ends, before a batch begins anew what did not complete."""
        self.operators.freeze(frozen=False)
        self._wait_for("migrate_image")
        self._note_ends()

    def _wait_for(self, *orchestrators: str) -> None:
        """Lets time pass until these have ended, or all."""
        begin, end = self.minute, self.minute + PATIENCE_MINUTES
        while running := self._running(orchestrators):
            if self.minute > begin + PATIENCE_WITH_BLOCKED_MINUTES:
                self.operators.keep_what_is_blocked()
            if self.minute > end:
                self.left = running
                return
            self._pass_and_decide()

    def _running(self, orchestrators: Sequence[str]) -> list[str]:
        return [
            one.id
            for one in self.operators.instances(runtimeStatus="Running,Pending")
            if not orchestrators or one.name in orchestrators
        ]

    def _pass_and_decide(self) -> None:
        self.host.let_pass(timedelta(minutes=ROUND_MINUTES))
        self.operators.decide()

    def _round(self) -> None:
        self.operators.decide()
        self._note_latest()
        self._note_ends()

    # what happens

    def _arrive(self, image: Image) -> None:
        self.others.write(image)
        if image.arrival == "http":
            self.operators.start(image)

    def _disturb(self, one: Disturbance) -> None:
        self.record.note("disturbed", one.what, {**one.fields, "image": one.image})
        play: dict[What, Callable[[Disturbance], None]] = {
            "worker dies": lambda one: self.host.let_worker_die(one.fields),
            "azure stands still": self.host.stand_still,
            "no token": self._take_tokens,
            "region fails": self._region_fails,
            "machine refused": lambda one: self.stack.control("POST", "faults", one.fields),
            "upgrade fails": self._upgrade_fails,
            "graph lags": self._lie,
            "graph lies": self._lie,
            "list of resources lags": self._lie,
            "list of resources misses an image": self._lie,
            "events lost": self._lose_events,
            "events doubled and reordered": self._double_events,
            "event sent again": self._send_again,
            "image re-created": self._re_create,
            "image changes its tags": lambda one: self.others.change_tags(self._image(one), str(one.minute)),
            "reference appears": self._use,
            "lock appears": self._lock,
            "deletion meets an error": self._refuse_deletion,
            "policy changes": self._change_policy,
            "policy breaks": self._break_policy,
            "freeze": self._freeze,
            "promotion paused": self._pause,
            "promotion rolled back": lambda one: self.operators.order(self._image(one), "rollback"),
        }
        play[one.what](one)

    def _image(self, one: Disturbance) -> Image:
        assert one.image is not None  # noqa: S101 # the plan names one for each of these
        return self.fleet[one.image]

    def _take_tokens(self, one: Disturbance) -> None:
        self.others.take_tokens(one.fields["way"], one.fields["seconds"])
        if one.fields["restart"]:
            self.host.restart()

    def _region_fails(self, one: Disturbance) -> None:
        self.stack.control(
            "POST",
            "faults",
            {
                "kind": "failed",
                "version": f"/images/{one.fields['definition']}/versions/",
                "region": one.fields["region"],
                "times": one.fields["times"],
                "progress": one.fields["progress"],
            },
        )

    def _upgrade_fails(self, one: Disturbance) -> None:
        fault = {"upgrade": one.fields["upgrade"], "version": f"/images/{one.fields['definition']}/versions/"}
        self.stack.control("POST", "faults", fault)

    def _lie(self, one: Disturbance) -> None:
        about_references = one.what.startswith("graph")
        switches = one.fields["switches"]
        self.others.lie(switches, about_references=about_references)
        self.later(
            one.fields["minutes"],
            lambda: self.others.tell_the_truth(switches, about_references=about_references),
        )

    def _lose_events(self, one: Disturbance) -> None:
        self.stack.control("POST", "events", {"lose_next": one.fields["events"]})

    def _double_events(self, one: Disturbance) -> None:
        self.stack.control("POST", "events", {"copies": one.fields["copies"], "reorder": True})
        self.later(
            one.fields["minutes"],
            lambda: self.stack.control("POST", "events", {"copies": 1, "reorder": False}),
        )

    def _send_again(self, one: Disturbance) -> None:
        image = self._image(one)
        if any(resource["id"] == image.id for resource in self.stack.control("GET", "state")["resources"]):
            self.stack.control("POST", "publish", {"resourceId": image.id})

    def _re_create(self, one: Disturbance, *, unheard: bool = False) -> None:
        image = self._image(one)
        if not self.others.delete(image):
            return
        build = self.others.builds.get(image.number, 0) + 1

        def write() -> None:
            if unheard:
                self.stack.control("POST", "events", {"lose_next": 1})
            # refused while the former one is being deleted
            if not self.others.write(image, build):
                self.later(1, write)

        self.later(1, write)

    def _use(self, one: Disturbance) -> None:
        image = self._image(one)
        self.others.use(image, one.fields["kind"])
        self.later(one.fields["minutes"], lambda: self.others.use_no_more(image))

    def _lock(self, one: Disturbance) -> None:
        locked = self.others.lock(self._image(one), one.fields["scope"])
        self.later(one.fields["minutes"], lambda: self.others.unlock(locked))

    def _refuse_deletion(self, one: Disturbance) -> None:
        """When the DELETE has met the error, somebody begins to use the image, or re-creates it.

        The event of the new image is lost: its migration would keep the retirement from going on.
        """
        fault = {name: value for name, value in one.fields.items() if name != "then"}
        path = f"{self._image(one).id}\\?"
        self.stack.control("POST", "faults", {**fault, "agent": APP_AGENT, "method": "DELETE", "path": path})
        if one.fields["then"]:
            self._when_refused(one)

    def _when_refused(self, one: Disturbance) -> None:
        image = self._image(one)
        self.record.read_on()
        refused = [
            entry
            for entry in self.record.world.requests
            if entry["method"] == "DELETE" and entry["path"].lower() == image.id.lower() and entry["fault"]
        ]
        if not refused:
            self.later(5, lambda: self._when_refused(one))
        elif one.fields["then"] == "used":
            self.others.use(image, "scale set")
            self.later(300, lambda: self.others.use_no_more(image))
        else:
            self._re_create(one, unheard=True)

    def _change_policy(self, one: Disturbance) -> None:
        self._policy = policy(self.plan.images, changed=one.fields["changed"])
        self.blob.text = self._policy

    def _break_policy(self, one: Disturbance) -> None:
        """A host that starts now finds no policy that it could use."""
        self.blob.text = one.fields["text"]
        self.host.restart()
        self.later(one.fields["minutes"], self._mend_policy)

    def _mend_policy(self) -> None:
        self.blob.text = self._policy

    def _freeze(self, one: Disturbance) -> None:
        self.operators.freeze(frozen=True)
        self.later(one.fields["minutes"], lambda: self.operators.freeze(frozen=False))

    def _pause(self, one: Disturbance) -> None:
        image = self._image(one)
        self.operators.order(image, "pause")
        self.later(one.fields["minutes"], lambda: self.operators.order(image, "resume"))

    # what is seen

    def _note_latest(self) -> None:
        self.record.note(
            "latest", GALLERY, {"latest": latest_of(self.stack.control("GET", "state")["resources"])}
        )

    def _note_ends(self) -> None:
        """A later start hides how a migration ended before."""
        seen = {(one.id, one.updated) for one in self.record.world.ends_seen}
        self.record.world.ends_seen += [
            one
            for one in self.operators.instances(instanceIdPrefix="migration-", runtimeStatus="Completed")
            if one.name == "migrate_image" and (one.id, one.updated) not in seen
        ]

    def look_at_the_end(self, folder: Path) -> None:
        """Reads what is judged."""
        self._note_latest()
        self.host.count_deaths()
        world = self.record.world
        self.record.read_on()
        world.resources = self.stack.control("GET", "state")["resources"]
        world.operations = self.stack.control("GET", "operations")
        world.instances = self.operators.instances()
        world.log = self.stack.log("host")
        for file in sorted((folder / "evidence" / "certificates").rglob("*.json")):
            with suppress(ValueError, KeyError):
                made = json.loads(file.read_text(encoding="utf-8"))["made_at"]
                world.certificates.append((file.parent.name, datetime.fromisoformat(made)))
