"""`gallerist`, the command line over the HTTP API. Not part of the deployed app."""
