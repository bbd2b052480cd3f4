"""Reads what `latest` resolves to in each region, and which version each consumer of a definition runs."""

from domain.errors import ArmError
from domain.promotion.adoption import Adoption, consumers_of
from domain.promotion.followers import ScaleSet
from domain.promotion.latest import regions_of, resolve
from domain.resources.ids import ImageDefinitionId, does_not_exist
from services.container import services
from services.followers import gap_of, instance_versions, read_machines, read_scale_sets
from services.promotions import read_versions
from services.publish_version import list_soft_deleted
from services.refusals import NotFoundError


async def read_adoption(definition: ImageDefinitionId) -> Adoption:
    """The adoption of a definition, from the providers' own lists.

    Raises:
        NotFoundError: there is no such definition.
        ArmError: Azure cannot be read.
    """
    compute = services().compute
    if await compute.get_image_definition(definition) is None:
        raise NotFoundError(does_not_exist(definition))
    gallery = await compute.get_gallery(definition.gallery)
    deleted = await list_soft_deleted(definition) if gallery and gallery.soft_delete else []
    versions = await read_versions(definition)
    latest = [resolve(versions, region, deleted or ()) for region in regions_of(versions)]
    scale_sets, gaps = await read_scale_sets(definition)
    machines, unreadable = await read_machines(definition)
    known = {gap.where for gap in gaps}
    gaps += [gap for gap in unreadable if gap.where not in known]
    running: list[tuple[ScaleSet, list[str | None] | None]] = []
    for scale_set in scale_sets:
        image = scale_set.image()
        if image is None or image.definition != definition:
            continue
        try:
            running.append((scale_set, await instance_versions(scale_set)))
        except ArmError as error:
            gaps.append(gap_of(scale_set.id, error))
            running.append((scale_set, None))
    consumers = consumers_of(definition, machines, running, latest)
    return Adoption(definition=definition, latest=latest, consumers=consumers, gaps=gaps)
