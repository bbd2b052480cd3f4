"""The version of Gallerist. Everything else that shows a version reads it here."""

VERSION = "0.2.0.dev0"
