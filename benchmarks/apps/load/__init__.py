"""An app that makes work for the host."""
