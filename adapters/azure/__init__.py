"""Azure Resource Manager and the app's identity."""
