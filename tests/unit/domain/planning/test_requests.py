"""The input of planning: what crosses the durable boundary, also between two versions of the app."""

from domain.planning.requests import Overrides, PlanRequest
from domain.policy.sections import Choices, DefinitionNaming
from domain.resources.galleries import TargetRegion
from domain.resources.images import PurchasePlan
from tests.unit.builders import NOW, image

PLAN = PurchasePlan(name="gen2", product="rocky", publisher="resf")
OVERRIDES = Overrides(
    choices=Choices(
        definition=DefinitionNaming(name="web"), regions=[TargetRegion(name="eastus2", replicas=2)]
    ),
    version="1.0.0",
)


def test_overrides_are_the_same_after_json() -> None:
    assert Overrides.model_validate(OVERRIDES.model_dump(mode="json")) == OVERRIDES


def test_a_message_of_another_version_of_the_app_is_read() -> None:
    """A migration in flight must survive an upgrade that drops a key of the policy."""
    message = OVERRIDES.model_dump(mode="json")
    message["choices"]["verify"] = {"how": None}
    message["choices"]["definition"]["colour"] = None
    message["choices"]["regions"][0]["shade"] = "blue"
    assert Overrides.model_validate(message) == OVERRIDES


def test_the_purchase_plan_of_the_request_replaces_the_one_in_the_images_tags() -> None:
    tags = {"PlanInfo": "old", "PlanProduct": "rocky", "PlanPublisher": "resf"}
    tagged = PlanRequest(image=image(tags=tags), started_by="test", now=NOW)
    assert tagged.purchase_plan == PurchasePlan(name="old", product="rocky", publisher="resf")
    both = PlanRequest(image=image(tags=tags), started_by="test", overrides=Overrides(plan=PLAN), now=NOW)
    assert both.purchase_plan == PLAN
