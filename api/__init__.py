"""The types of every body and answer of the HTTP API."""
