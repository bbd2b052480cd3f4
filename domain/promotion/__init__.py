"""Promotion: how a version becomes `latest`, ring by ring, and how that is undone. Pure."""
