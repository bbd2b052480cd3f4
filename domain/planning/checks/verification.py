"""Checks of the proof that a plan asks for: its regions, its subnets, and what the identity may do there."""

from collections.abc import Mapping

from domain.planning.checks.check import Check, failed, passed
from domain.planning.checks.gallery import check_permissions
from domain.planning.verification import Verification, proof_scopes
from domain.resources.galleries import TargetRegion
from domain.resources.ids import GalleryId
from domain.resources.permissions import Permission


def check_verification(
    verification: Verification | None,
    regions: list[TargetRegion],
    galleries: list[GalleryId],
    permissions: Mapping[str, list[Permission] | None],
) -> list[Check]:
    """Checks that every proof can be made. `permissions` are the identity's, by scope; None if they cannot be read."""
    if verification is None:
        return []
    faults = [
        *_group_faults(verification),
        *_region_faults(verification, regions),
        *_subnet_faults(verification, galleries),
    ]
    if faults:
        return faults
    return [
        passed("proof", f"a machine is started in {', '.join(verification.regions)}"),
        *(
            check_permissions(scope, permissions.get(str(scope)), needed)
            for scope, needed in proof_scopes(verification, galleries)
        ),
    ]


def _group_faults(verification: Verification) -> list[Check]:
    if verification.resource_group:
        return []
    return [
        failed(
            "proof",
            "the policy names no resource group for the machines of a proof",
            "set verify.resource_group in the policy's rule to a resource group that holds nothing else",
        )
    ]


def _region_faults(verification: Verification, regions: list[TargetRegion]) -> list[Check]:
    known = {region.name for region in regions}
    unknown = [name for name in verification.regions if name not in known]
    faults = []
    if unknown:
        faults.append(
            failed(
                "proof",
                f"verify.regions names {', '.join(unknown)}, and the version is not replicated there",
                "name regions of the version, or add these to 'regions' in the policy's rule",
            )
        )
    without = [name for name in verification.regions if name in known and name not in verification.subnets]
    if without:
        faults.append(
            failed(
                "proof",
                f"verify.subnets has no subnet for {', '.join(without)}",
                "give the resource id of a subnet in each of these regions under verify.subnets, or prove the version "
                "in fewer regions with verify.regions",
            )
        )
    return faults


def _subnet_faults(verification: Verification, galleries: list[GalleryId]) -> list[Check]:
    """A machine's network interface and its network are in one subscription (documented)."""
    subscriptions = {gallery.subscription.lower() for gallery in galleries}
    elsewhere = [
        name
        for name in verification.regions
        if name in verification.subnets and {verification.subnets[name].subscription.lower()} != subscriptions
    ]
    if not elsewhere:
        return []
    return [
        failed(
            "proof",
            f"the subnet of {', '.join(elsewhere)} is not in the subscription of every gallery: "
            f"{', '.join(sorted(subscriptions))}",
            "name subnets in the gallery's subscription; for galleries in several subscriptions, use a rule for each",
        )
    ]
