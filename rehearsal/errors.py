"""The errors of this package. Each message says what is wrong, where, and what to do next."""


class RehearsalError(Exception):
    """A snapshot or a rehearsal cannot be made."""


class SnapshotError(RehearsalError):
    """A file is no usable snapshot."""


class TranslationError(RehearsalError):
    """A policy names something that the key of the pseudonyms cannot translate."""
