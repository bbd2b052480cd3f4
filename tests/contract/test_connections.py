"""Which modules of the app can open a connection, and to whom: nothing else can be led to another host."""

import ast
from collections.abc import Iterator
from pathlib import Path

from scripts.package import ROOT, packaged_files

# the module, and whom it connects to
CONNECTS = {
    "adapters/azure/arm.py": "ARM; a request to another host is refused before it gets its token",
    "adapters/azure/transport.py": "whom the clients of ARM ask",
    "adapters/azure/credentials.py": "where tokens come from",
    "adapters/blobs.py": "the app's storage, at the addresses of its settings",
    "adapters/notices.py": "topics and webhooks whose hosts are allowed",
    "adapters/task_hub.py": "the Durable extension of the own host",
}
_LIBRARIES = (
    "aiohttp",
    "ftplib",
    "http.client",
    "httpx",
    "requests",
    "smtplib",
    "socket",
    "subprocess",
)
_LIBRARIES += ("urllib.request", "urllib3", "websockets", "azure.storage", "azure.data", "azure.eventgrid")
# of packages that have values, too
_CLIENTS = (
    "DefaultAzureCredential",
    "ManagedIdentityCredential",
    "AsyncPipelineClient",
    "PipelineClient",
    "ComputeManagementClient",
    "AioHttpTransport",
)


def _connections(source: str) -> Iterator[str]:
    """Yields what a module imports to connect with."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            imported = [(name.name, "") for name in node.names]
        elif isinstance(node, ast.ImportFrom):
            imported = [(node.module or "", name.name) for name in node.names]
        else:
            continue
        for module, name in imported:
            whole = f"{module}.{name}"
            connects = any(f"{whole}.".startswith(f"{library}.") for library in _LIBRARIES)
            if connects or name in _CLIENTS:
                yield whole


def test_only_these_modules_open_connections() -> None:
    files = [file for file in packaged_files(ROOT) if file.suffix == ".py"]
    found = {
        file.as_posix()
        for file in files
        if list(_connections((ROOT / Path(file)).read_text(encoding="utf-8")))
    }
    assert found == set(CONNECTS)


def test_another_module_that_connects_is_noticed() -> None:
    """Shows that the test above can fail."""
    for statement in (
        "import aiohttp",
        "from urllib.request import urlopen",
        "from azure.core import PipelineClient",
    ):
        assert list(_connections(f"def later():\n    {statement}"))
    assert not list(
        _connections("import json\nfrom azure.core.rest import HttpRequest\nfrom urllib.parse import quote")
    )
