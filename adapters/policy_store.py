"""Keeps the policy in force: from a file in the app, or from a blob that may change while the app runs."""

import asyncio
import logging
import time
from collections.abc import Callable
from http import HTTPStatus
from typing import Protocol
from urllib.parse import urlsplit

from azure.core.credentials_async import AsyncTokenCredential
from azure.core.rest import AsyncHttpResponse

from adapters.blobs import Blobs
from adapters.policy_file import decode_policy, load_policy
from adapters.settings import Settings
from domain.errors import ArmError, PolicyError, PolicyFault
from domain.field_errors import shortened
from domain.policy.rules import Policy

logger = logging.getLogger(__name__)

SECONDS_BETWEEN_CHECKS = 60


class PolicyStore(Protocol):
    """Holds the policy in force; `problem` says why a newer one cannot be used."""

    problem: str | None

    async def current(self) -> Policy:
        """Returns the policy in force.

        Raises:
            PolicyError: no usable policy has been read yet.
        """


class FixedPolicy:
    """A policy that does not change while the process lives."""

    def __init__(self, policy: Policy) -> None:
        self.problem: str | None = None
        self._policy = policy

    async def current(self) -> Policy:
        return self._policy


class BlobPolicy:
    """A policy in a blob, read with the app's identity and read again when its ETag changes.

    If the blob cannot be read, or holds an invalid policy, the last valid one stays in force, whatever is in the blob.
    """

    def __init__(
        self,
        url: str,
        credential: AsyncTokenCredential,
        clock: Callable[[], float] = time.monotonic,
        seconds_between_checks: float = SECONDS_BETWEEN_CHECKS,
    ) -> None:
        self.problem: str | None = None
        self._url = url
        self._name = urlsplit(url).path.rpartition("/")[2]
        # whoever needs the policy waits for a check; with no answer, the last valid policy stays in force
        self._blobs = Blobs(credential)
        self._clock = clock
        self._pause = seconds_between_checks
        self._lock = asyncio.Lock()
        self._next_check = clock()
        self._etag: str | None = None
        self._policy: Policy | None = None
        self._error: PolicyError | None = None

    async def current(self) -> Policy:
        """Returns the policy in force, after checking the blob if the last check is a minute ago."""
        async with self._lock:
            if self._clock() >= self._next_check:
                await self._check()
                self._next_check = self._clock() + self._pause
        if self._policy is None:
            raise self._error or PolicyError(self._name, [PolicyFault(None, "", "not read yet")])
        return self._policy

    async def close(self) -> None:
        """Closes the connections. The app never does: it keeps them while the process lives."""
        await self._blobs.close()

    async def _check(self) -> None:
        try:
            await self._read()
        except PolicyError as error:
            self._note(error)
        except Exception as error:
            logger.exception("policy %s cannot be read", self._name)
            self._note(self._unreadable(f"{type(error).__name__}: {error}"))

    def _note(self, error: PolicyError) -> None:
        self._error = error
        if str(error) != self.problem:
            logger.error("%s", error)
        self.problem = str(error)

    async def _read(self) -> None:
        response = await self._get()
        if response.status_code == HTTPStatus.NOT_MODIFIED:
            self.problem = None
            return
        if response.status_code != HTTPStatus.OK:
            raise self._unreadable(
                f"HTTP {response.status_code} {response.headers.get('x-ms-error-code', '')}".strip()
            )
        self._policy = await asyncio.to_thread(decode_policy, response.content, self._name)
        self._etag, self.problem = response.headers.get("ETag"), None
        logger.info("policy %s is in force with %d rules", self._name, len(self._policy.rules))

    async def _get(self) -> AsyncHttpResponse:
        condition = {"If-None-Match": self._etag} if self._etag else {}
        try:
            return await self._blobs.send("GET", self._url, condition)
        except ArmError as error:
            raise self._unreadable(str(error)) from error

    def _unreadable(self, reason: str) -> PolicyError:
        return PolicyError(self._name, [PolicyFault(None, "", f"cannot be read: {shortened(reason)}")])


def policy_store(settings: Settings, credential: AsyncTokenCredential) -> PolicyStore:
    """Returns the store that the settings choose.

    Raises:
        PolicyError: the policy file cannot be used.
    """
    if settings.policy_blob is not None:
        # where the time of others stands still, a minute of this machine may be days of theirs
        pause = 0 if settings.time_stands else SECONDS_BETWEEN_CHECKS
        return BlobPolicy(settings.policy_blob, credential, seconds_between_checks=pause)
    return FixedPolicy(load_policy(settings.policy_file))


def check_at_start(settings: Settings) -> None:
    """Validates the policy file. A blob is read only when the app runs, and `health` reports its problems.

    Raises:
        PolicyError: the policy file cannot be used.
    """
    if settings.policy_blob is None:
        load_policy(settings.policy_file)
