"""The addresses that manage instances, and the binding that gives them to the SDK's client."""

import json
from urllib.parse import quote

WEBHOOK = "/runtime/webhooks/durabletask"
RPC = "/durabletask"


class ManagementUrls:
    """Builds the addresses of one host."""

    def __init__(self, base_url: str, hub_name: str, code: str) -> None:
        self._base = f"{base_url}{WEBHOOK}"
        self._rpc = f"{base_url}{RPC}/"
        self._hub_name = hub_name
        self._query = f"taskHub={hub_name}&connection=Storage&code={code}"

    def of(self, instance_id: str) -> dict[str, str]:
        """Returns all addresses of an instance."""
        instance = f"{self._base}/instances/{quote(instance_id, safe='')}"
        return {
            "id": instance_id,
            "statusQueryGetUri": f"{instance}?{self._query}",
            "sendEventPostUri": f"{instance}/raiseEvent/{{eventName}}?{self._query}",
            "terminatePostUri": f"{instance}/terminate?reason={{text}}&{self._query}",
            "rewindPostUri": f"{instance}/rewind?reason={{text}}&{self._query}",
            "purgeHistoryDeleteUri": f"{instance}?{self._query}",
            "restartPostUri": f"{instance}/restart?{self._query}",
            "suspendPostUri": f"{instance}/suspend?reason={{text}}&{self._query}",
            "resumePostUri": f"{instance}/resume?reason={{text}}&{self._query}",
        }

    def client_binding(self) -> str:
        """Returns the `durableClient` binding, from which the SDK makes its client, as JSON text."""
        create = f"{self._base}/orchestrators/{{functionName}}[/{{instanceId}}]?"
        wait = "timeout={timeoutInSeconds}&pollingInterval={intervalInSeconds}&"
        binding = {
            "taskHubName": self._hub_name,
            "creationUrls": {
                "createNewInstancePostUri": f"{create}{self._query}",
                "createAndWaitOnNewInstancePostUri": f"{create}{wait}{self._query}",
            },
            "managementUrls": self.of("INSTANCEID"),
            "baseUrl": self._base,
            "requiredQueryStringParameters": self._query,
            "rpcBaseUrl": self._rpc,
            "httpBaseUrl": None,
            "connectionName": None,
        }
        return json.dumps(binding)
