"""Azure Resource Manager: calls, their JSON, their errors, and the identity that makes them."""
