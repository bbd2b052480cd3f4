"""Where Terraform is installed: its own evaluation of infra/terraform is the one of the tests, and so is its format."""

import shutil
from pathlib import Path
from typing import Any

import pytest

from scripts.compile_infra import INFRA
from tests.contract.infra.terraform import paths, tool
from tests.contract.infra.terraform.module import RefusedError, Sent
from tests.contract.infra.terraform.paths import Deployment

pytestmark = pytest.mark.skipif(tool.TERRAFORM is None, reason="terraform is not on the path")

# each configuration, and each of its branches
EVALUATED = {
    "callers",
    "consumer-subscription",
    "default",
    "default-events",
    "every-part",
    "existing-network",
    "gallery-subscription",
    "management-group",
    "second-environment-events",
    "small-network",
    "source-subscription",
}
FILES = {file.name.removesuffix(".snapshot.json"): file for file in paths.PATHS}


def by_terraform(deployment: Deployment, folder: Path) -> dict[str, Any]:
    """What Terraform evaluates in a copy of infra/."""
    shutil.copytree(INFRA, folder / "infra", ignore=shutil.ignore_patterns("snapshots", ".terraform*"))
    evaluated = paths.configuration(deployment, None)
    root = folder / "infra" / evaluated.folder.relative_to(INFRA)
    return {one["id"]: one for one in tool.evaluate(root, evaluated.given, evaluated.azure.client)}


def as_terraform(sent: Sent) -> dict[str, Any]:
    """A resource with the type as Terraform writes it, and without the name that is in its id."""
    resource = {name: value for name, value in sent.resource.items() if name not in {"apiVersion", "name"}}
    return {**resource, "type": f"{resource['type']}@{sent.resource['apiVersion']}"}


def test_the_files_have_terraforms_format() -> None:
    done = tool.run("fmt", "-check", "-recursive", "-diff", "-no-color", folder=paths.TERRAFORM)
    assert done.stdout == ""
    assert done.returncode == 0


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.parametrize("name", sorted(EVALUATED))
def test_terraform_evaluates_the_same(name: str, tmp_path: Path) -> None:
    file = FILES[name]
    deployment = paths.read_path(file.with_name(f"{name}.bicepparam"))
    expected = {one.resource["id"]: as_terraform(one) for one in paths.configuration(deployment, None).sent()}
    assert by_terraform(deployment, tmp_path) == expected


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"parts": "verfiy"}, "A part is one of verify"),
        ({"existingSubnetId": "/subscriptions/s/subnet"}, "belong together"),
        ({"cloud": "germany"}, "cloud is one of"),
    ],
)
def test_terraform_refuses_the_same(changed: dict[str, Any], message: str, tmp_path: Path) -> None:
    parameters = {
        "environmentName": "prod",
        "location": "westeurope",
        "galleryIds": "/subscriptions/s",
        **changed,
    }
    with pytest.raises(RefusedError) as error:
        by_terraform(Deployment("main", parameters, "s"), tmp_path)
    assert message in " ".join(str(error.value).split())


def test_every_configuration_is_evaluated() -> None:
    used = {paths.read_path(FILES[name].with_name(f"{name}.bicepparam")).bicep for name in EVALUATED}
    assert used == set(paths.CONFIGURATIONS)
