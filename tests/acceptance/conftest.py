"""Fixtures for the acceptance tests. GALLERIST_ACCEPTANCE_HOST chooses the host: `embedded` or `extension`."""

from collections.abc import Iterator

import pytest

from tests.acceptance.hosts import HOSTS, EmbeddedHost, ExtensionHost, missing_tools
from tests.acceptance.marks import HOST
from tests.acceptance.site import PACE, POLICY, RECOVERY_SCHEDULE, SEED, SWEEP_SCHEDULE, Site


@pytest.fixture(scope="session")
def host_type() -> type[EmbeddedHost | ExtensionHost]:
    """The class of the host that the tests run on."""
    if HOST not in HOSTS:
        pytest.fail(f"GALLERIST_ACCEPTANCE_HOST is '{HOST}'; set it to one of: {', '.join(HOSTS)}")
    if HOST == "extension" and (missing := missing_tools()):
        pytest.fail(missing)
    return HOSTS[HOST]


@pytest.fixture(scope="session")
def site(
    tmp_path_factory: pytest.TempPathFactory, host_type: type[EmbeddedHost | ExtensionHost]
) -> Iterator[Site]:
    """The app for all tests; every test uses its own images."""
    host = host_type(
        folder=tmp_path_factory.mktemp("site"),
        seed=SEED,
        policy=POLICY,
        transitions=PACE,
        sweep_schedule=SWEEP_SCHEDULE,
        recovery_schedule=RECOVERY_SCHEDULE,
    )
    with host, Site(host) as site:
        # the tests ask more often than a subscription allows
        host.control("POST", "switches", {"throttling": False})
        yield site
