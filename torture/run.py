"""Carries out a plan on an app, and returns the world that is judged."""

import time
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from local.stack import ROOT, START, temporary_folder
from torture.driver import Driver
from torture.estate import cap, policy, seed
from torture.host import TorturedHost
from torture.plan import Plan
from torture.record import Record
from torture.stack import TorturedStack, policy_blob
from torture.world import World

# each version draws its own time of replication, about as long as what was recorded
PACE = "drawn:{seed}:0.5:428"


@dataclass
class Run:
    """A run that is over: its world, and figures that only the run itself knows."""

    plan: Plan
    world: World
    seconds: float = 0.0
    days: float = 0.0
    kills: list[float] = field(default_factory=list)
    faults: dict[str, int] = field(default_factory=dict)
    deaths: dict[str, int] = field(default_factory=dict)
    cpu: dict[str, float] = field(default_factory=dict)
    # the orchestrations that were still running when nobody waited any longer
    left: list[str] = field(default_factory=list)


def run(plan: Plan, app: Path = ROOT) -> Run:
    """Carries out a plan on the app in this folder."""
    fleet = plan.fleet()
    world = World(fleet, cap=cap(plan.images))
    begin = time.monotonic()
    with temporary_folder() as folder, policy_blob(policy(plan.images)) as blob:
        stack = TorturedStack(
            Path(folder), seed(fleet), "", PACE.format(seed=plan.seed), app=app, blob=blob.url
        )
        record = Record(stack, world)
        kills = [one for one in plan.disturbances if one.what == "host killed"]
        with stack, TorturedHost(stack, record, kills) as host:
            driver = Driver(plan, host, record, blob)
            driver.play()
            driver.look_at_the_end(Path(folder))
            world.worker_deaths = sum(host.deaths.values())
            return Run(
                plan=plan,
                world=world,
                seconds=round(time.monotonic() - begin, 1),
                days=round((stack.now() - datetime.fromisoformat(START)) / timedelta(days=1), 2),
                kills=host.killed_at,
                faults=dict(driver.faults),
                deaths=dict(host.deaths),
                left=driver.left,
                cpu={**host.cpu, "simulator": stack.cpu().simulator},
            )
