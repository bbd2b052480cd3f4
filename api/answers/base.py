"""What the answers share."""

from typing import Self

from api.links import Addresses
from domain.described import Described
from domain.migration import status


class Answer(Described):
    """An answer, or a part of one."""


class Links(Answer):
    """Related addresses."""

    self: str
    """The address of the resource itself."""


class Accepted(Answer):
    """Something was started, or goes on differently. Poll `links.self`."""

    id: str
    """The id of the migration or batch."""
    links: Links

    @classmethod
    def of(cls, instance_id: str, addresses: Addresses) -> Self:
        """A migration or batch that the request started or changed."""
        return cls(id=instance_id, links=Links(self=addresses.of(instance_id)))


class UnreadableInstance(Answer):
    """An instance of the task hub that this release cannot read."""

    id: str
    reason: str
    """Why, and what to do."""

    @classmethod
    def of(cls, instance: status.UnreadableInstance) -> Self:
        """An instance that was found in the place of a migration or a batch."""
        return cls(id=instance.id, reason=instance.reason)
