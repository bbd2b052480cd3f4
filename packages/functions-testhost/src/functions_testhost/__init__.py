"""The embedded Functions host: runs function_app.py without Core Tools."""
