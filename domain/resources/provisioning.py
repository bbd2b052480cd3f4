"""Resources that ARM creates and changes in the background."""

from typing import Self

from pydantic import BaseModel

from domain.errors import NotYetError
from domain.resources.ids import ResourceId


class Provisioned(BaseModel):
    """A resource with ARM's own provisioning state."""

    id: ResourceId
    provisioning_state: str

    def settled(self) -> Self:
        """Returns the resource itself if ARM has finished with it.

        Raises:
            NotYetError: ARM is still creating or changing it.
        """
        if self.provisioning_state in ("Creating", "Updating"):
            raise NotYetError(
                f"{self.id.kind} {self.id.name} is in provisioning state {self.provisioning_state}"
            )
        return self
