"""Retirement: what must be true before a managed image is deleted, and the certificate of it. Pure."""
