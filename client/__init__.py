"""The typed client of the HTTP API: `Gallerist` blocks, `AsyncGallerist` is awaited. Not part of the deployed app.

with Gallerist("https://<app>.azurewebsites.net/api", key="...") as gallerist:
    started = gallerist.start_migration(image="/subscriptions/...", regions=["eastus2"])
    ended = gallerist.wait_for_migration(started.id)
    print(ended.state, ended.reason)
"""

from client.asynchronous import AsyncGallerist
from client.errors import ClientError, ProblemError, StillRunningError, UnexpectedAnswerError
from client.synchronous import Gallerist

__all__ = [
    "AsyncGallerist",
    "ClientError",
    "Gallerist",
    "ProblemError",
    "StillRunningError",
    "UnexpectedAnswerError",
]
