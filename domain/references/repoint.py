"""Re-pointing a consumer from a managed image to a version: whether it can be, how, and what to do where it cannot.

Only the model of a scale set is changed, and only when somebody asks for it by name.
"""

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any, Literal

from pydantic import BaseModel, Field

from domain.references.kinds import BY_TYPE
from domain.references.repoint_texts import instead, sequence
from domain.references.scan import Consumer
from domain.resources.features import SECURITY_TYPE, feature
from domain.resources.galleries import ImageDefinition, ImageVersion
from domain.resources.ids import ImageVersionId
from domain.resources.regions import canonical_region
from domain.starts import Start

REPOINT_ID_PREFIX = "repoint-"
# their ids fit into a custom status, which has 16 KB
MOST_CONSUMERS = 20
SCALE_SET = "Microsoft.Compute/virtualMachineScaleSets"
_UNKNOWN = "Unknown"
# documented: these machines need a definition that supports Trusted Launch
_TRUSTED = ("TrustedLaunch", "TrustedLaunchSupported", "TrustedLaunchAndConfidentialVmSupported")
_CONFIDENTIAL = ("ConfidentialVM", "ConfidentialVMSupported", "TrustedLaunchAndConfidentialVmSupported")

Outcome = Literal["waiting", "repointing", "repointed", "refused", "failed"]


class Target(BaseModel):
    """The version to which consumers are re-pointed, as far as it matters to them."""

    version_id: ImageVersionId
    provisioning_state: str
    regions: list[str]
    os_type: str
    hyper_v_generation: str
    security_type: str
    data_disk_luns: list[int] = Field(default=[])

    @classmethod
    def of(cls, version: ImageVersion, definition: ImageDefinition, luns: list[int]) -> "Target":
        """The version with its definition and the LUNs of its data disks."""
        done = [one.region for one in version.replication or [] if one.state == "Completed"]
        return cls(
            version_id=version.id,
            provisioning_state=version.provisioning_state,
            regions=[canonical_region(name) for name in done],
            os_type=definition.os_type,
            hyper_v_generation=definition.hyper_v_generation,
            security_type=feature(definition.features, SECURITY_TYPE) or "Standard",
            data_disk_luns=luns,
        )


class Source(BaseModel):
    """What the consumer's machines were made from. A part that could not be read is `Unknown`."""

    os_type: str = _UNKNOWN
    hyper_v_generation: str = _UNKNOWN


class RepointPlan(BaseModel):
    """What re-pointing one consumer means. With `reasons` it is not possible; then `steps` say what to do instead."""

    consumer: str
    kind: str
    possible: bool
    reasons: list[str] = Field(default=[])
    old: str = ""
    new: str
    upgrade_mode: str | None = None
    steps: list[str] = Field(default=[])

    @property
    def done(self) -> bool:
        """Whether the consumer names the version already."""
        return self.old.lower() == self.new.lower()


class RepointRequest(BaseModel):
    """Asks for the plan of one consumer."""

    consumer: str
    version_id: ImageVersionId


class RepointedConsumer(BaseModel):
    """How far one consumer is."""

    id: str
    outcome: Outcome = "waiting"
    reason: str = ""
    steps: list[str] = Field(default=[])


class Repoint(Start):
    """The input of `repoint_consumers`, its custom status and its output. One consumer after the other."""

    version_id: ImageVersionId
    consumers: list[RepointedConsumer]
    started_by: str = ""

    @property
    def ended(self) -> bool:
        """Whether every consumer has its outcome."""
        return all(one.outcome not in ("waiting", "repointing") for one in self.consumers)


class RepointLook(BaseModel):
    """What a consumer shows after it was changed: the image it names, and its provisioning state."""

    names: str
    provisioning_state: str


def repoint_id(version: ImageVersionId, consumers: Sequence[str]) -> str:
    """The instance id of a request to re-point these consumers."""
    text = "\n".join([version.key, *sorted(one.lower() for one in consumers)])
    return REPOINT_ID_PREFIX + hashlib.sha256(text.encode()).hexdigest()[:32]


def patch_body(new: ImageVersionId) -> dict[str, Any]:
    """What is sent to a scale set: the image of its model, and nothing else."""
    reference = {"imageReference": {"id": str(new)}}
    return {"properties": {"virtualMachineProfile": {"storageProfile": reference}}}


def model_image(document: Mapping[str, Any]) -> str:
    """The image that the model of a scale set names, in whatever form; empty if it names none."""
    reference = _object(_storage(document).get("imageReference"))
    return str(
        reference.get("id")
        or reference.get("sharedGalleryImageId")
        or reference.get("communityGalleryImageId")
        or ""
    )


def provisioning_state(document: Mapping[str, Any]) -> str:
    """The provisioning state of a resource."""
    return str(_object(document.get("properties")).get("provisioningState") or _UNKNOWN)


def plan_repoint(
    consumer: str, type_: str, document: Mapping[str, Any] | None, source: Source, target: Target
) -> RepointPlan:
    """Plans the change of one consumer. `document` is None if it does not exist."""
    new = str(target.version_id)
    known = BY_TYPE.get(type_.lower())
    kind = known.name if known else type_
    if type_.lower() != SCALE_SET.lower():
        reason = "Gallerist re-points scale sets only"
        return RepointPlan(
            consumer=consumer,
            kind=kind,
            possible=False,
            reasons=[reason],
            new=new,
            steps=[instead(kind, new)],
        )
    if document is None:
        return RepointPlan(
            consumer=consumer, kind=kind, possible=False, reasons=["it does not exist"], new=new
        )
    reasons = list(_obstacles(document, source, target))
    mode = _upgrade_mode(document)
    return RepointPlan(
        consumer=consumer,
        kind=kind,
        possible=not reasons,
        reasons=reasons,
        old=model_image(document),
        new=new,
        upgrade_mode=mode,
        steps=_steps(consumer, new, mode, document) if not reasons else [],
    )


def _obstacles(document: Mapping[str, Any], source: Source, target: Target) -> list[str]:
    """Why the version does not fit. What cannot be told is an obstacle, too."""
    reasons = []
    location = canonical_region(str(document.get("location") or _UNKNOWN))
    if target.provisioning_state != "Succeeded":
        reasons.append(f"the version is {target.provisioning_state}, not Succeeded")
    if location not in target.regions:
        reasons.append(f"the version is not replicated to {location}: add the region to the version first")
    if not model_image(document):
        reasons.append(
            "its model names no image of its own, such as one of the marketplace: that cannot be replaced"
        )
    for what, ours, theirs in (
        ("OS type", source.os_type, target.os_type),
        ("generation", source.hyper_v_generation, target.hyper_v_generation),
    ):
        if _UNKNOWN in (ours, theirs):
            reasons.append(f"the {what} of the image that it uses now cannot be read")
        elif ours.lower() != theirs.lower():
            reasons.append(f"it uses {what} {ours}, the version has {theirs}")
    security = str(_object(_profile(document).get("securityProfile")).get("securityType") or "Standard")
    if not _fits(security, target.security_type):
        reasons.append(
            f"its machines have the security type {security}, the definition {target.security_type}"
        )
    missing = sorted(set(_luns_from_image(document)) - set(target.data_disk_luns))
    if missing:
        reasons.append(f"its model takes data disks from the image that the version lacks: LUN {missing}")
    return reasons


def _fits(machines: str, definition: str) -> bool:
    """Whether machines of this security type can be made from a definition of that one (documented)."""
    if machines == "TrustedLaunch":
        return definition in _TRUSTED
    if machines == "ConfidentialVM":
        return definition in _CONFIDENTIAL
    return machines == "Standard" and definition not in ("TrustedLaunch", "ConfidentialVM")


def _luns_from_image(document: Mapping[str, Any]) -> list[int]:
    disks = _storage(document).get("dataDisks")
    return [
        disk["lun"]
        for disk in (disks if isinstance(disks, list) else [])
        if isinstance(disk, dict)
        and str(disk.get("createOption")).lower() == "fromimage"
        and isinstance(disk.get("lun"), int)
    ]


def _upgrade_mode(document: Mapping[str, Any]) -> str:
    properties = _object(document.get("properties"))
    if str(properties.get("orchestrationMode")).lower() == "flexible":
        return "Flexible"
    return str(_object(properties.get("upgradePolicy")).get("mode") or _UNKNOWN)


def _steps(consumer: str, new: str, mode: str, document: Mapping[str, Any]) -> list[str]:
    """The whole sequence for this upgrade mode, in order: the first step is Gallerist's, the others are not."""
    properties = _object(document.get("properties"))
    policy = _object(_object(properties.get("upgradePolicy")).get("automaticOSUpgradePolicy"))
    return sequence(consumer, new, mode, follows_latest=policy.get("enableAutomaticOSUpgrade") is True)


def refused(consumer: RepointedConsumer, plan: RepointPlan) -> RepointedConsumer:
    """The outcome of a consumer that cannot be re-pointed."""
    return RepointedConsumer(
        id=consumer.id, outcome="refused", reason="; ".join(plan.reasons), steps=plan.steps
    )


def can_be_repointed(consumer: Consumer) -> bool:
    """Whether a plan for this consumer needs to read it."""
    return consumer.kind == "scale set" and consumer.relation == "uses"


def _profile(document: Mapping[str, Any]) -> dict[str, Any]:
    return _object(_object(document.get("properties")).get("virtualMachineProfile"))


def _storage(document: Mapping[str, Any]) -> dict[str, Any]:
    return _object(_profile(document).get("storageProfile"))


def _object(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}
