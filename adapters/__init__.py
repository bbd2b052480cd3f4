"""The only home of azure.mgmt, azure.identity and the environment."""
