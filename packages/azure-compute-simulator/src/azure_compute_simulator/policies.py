"""Azure Policy, as far as a deny of new resources by their type and image needs it: definitions and assignments."""

import json
import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from azure_compute_simulator.clock import Clock
from azure_compute_simulator.errors import InvalidPolicyRuleError, RequestDisallowedByPolicyError

Json = dict[str, Any]
_PARAMETER = re.compile(r"\[parameters\('([^']+)'\)\]")
# documented: "Approved VM images"; the id in the image reference of a machine or a scale set
_IMAGE_ALIAS = "microsoft.compute/imageid"


@dataclass(frozen=True)
class Assignment:
    """One assignment at a subscription, and since when it is there: it applies minutes later (documented)."""

    id: str
    document: Json
    since: datetime


class Policies:
    """The definitions and assignments of all subscriptions, by their ids in lower case."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.definitions: dict[str, Json] = {}
        self.assignments: dict[str, Assignment] = {}

    def assign(self, id_: str, document: Json) -> bool:
        """Stores an assignment; returns whether it is new. Written again, it applies as before (inferred)."""
        known = self.assignments.get(id_.lower())
        since = known.since if known else self._clock.now()
        self.assignments[id_.lower()] = Assignment(id_, document, since)
        return known is None

    def is_assigned(self, definition_id: str) -> bool:
        """Whether an assignment refers to the definition."""
        wanted = definition_id.lower()
        return any(
            str(one.document.get("properties", {}).get("policyDefinitionId", "")).lower() == wanted
            for one in self.assignments.values()
        )

    def check(self, type_: str, resource_id: Any, body: Json, delay_seconds: float) -> None:
        """Raises RequestDisallowedByPolicyError if an assignment that applies by now denies a new resource.

        The text is reported (azure-cli #32417).
        """
        before = self._clock.now() - timedelta(seconds=delay_seconds)
        for assignment in self.assignments.values():
            subscription = assignment.id.split("/")[2].lower()
            if subscription != resource_id.subscription.lower() or assignment.since > before:
                continue
            properties = assignment.document.get("properties", {})
            definition_id = str(properties.get("policyDefinitionId", ""))
            definition = self.definitions.get(definition_id.lower())
            if definition is None or properties.get("enforcementMode", "Default") != "Default":
                continue
            if _denies(definition, properties.get("parameters") or {}, type_, body):
                identifiers = _identifiers(assignment, properties, definition_id, definition)
                raise RequestDisallowedByPolicyError(
                    f"Resource '{resource_id.name}' was disallowed by policy. Policy identifiers: '{identifiers}'.",
                    target=resource_id.name,
                )


def check_rule(definition: Json) -> None:
    """Raises InvalidPolicyRuleError if the rule has anything that is not simulated."""
    rule = definition.get("properties", {}).get("policyRule")
    if not isinstance(rule, dict) or "if" not in rule or "then" not in rule:
        raise InvalidPolicyRuleError("The policy definition has no 'policyRule' with 'if' and 'then'.")
    _holds(rule["if"], {}, {})


def _denies(definition: Json, given: Json, type_: str, body: Json) -> bool:
    properties = definition["properties"]
    parameters = {
        name.lower(): given.get(name, {}).get("value", declared.get("defaultValue"))
        for name, declared in (properties.get("parameters") or {}).items()
    }
    effect = _value(properties["policyRule"]["then"].get("effect"), parameters)
    if str(effect).lower() != "deny":
        return False
    return _holds(properties["policyRule"]["if"], _fields(type_, body), parameters)


def _fields(type_: str, body: Json) -> Json:
    properties = body.get("properties") or {}
    profile = (properties.get("virtualMachineProfile") or properties).get("storageProfile") or {}
    return {"type": type_, _IMAGE_ALIAS: (profile.get("imageReference") or {}).get("id")}


def _holds(condition: Any, fields: Json, parameters: Json) -> bool:
    if not isinstance(condition, dict):
        raise InvalidPolicyRuleError(f"The condition '{condition}' is not an object.")
    for name, judge in (("allOf", all), ("anyOf", any)):
        if name in condition:
            # every part is read, so that a rule is checked as a whole
            parts = [_holds(one, fields, parameters) for one in condition[name]]
            return judge(parts)
    if "not" in condition:
        return not _holds(condition["not"], fields, parameters)
    field = str(condition.get("field", "")).lower()
    if field not in ("type", _IMAGE_ALIAS) or not condition.keys() & {"equals", "in"}:
        raise InvalidPolicyRuleError(f"The condition '{condition}' is not simulated.")
    wanted = _value(condition.get("in", [condition.get("equals")]), parameters)
    values = [_value(one, parameters) for one in (wanted if isinstance(wanted, list) else [wanted])]
    found = fields.get(field)
    return found is not None and str(found).lower() in [str(value).lower() for value in values]


def _value(text: Any, parameters: Json) -> Any:
    match = _PARAMETER.fullmatch(text) if isinstance(text, str) else None
    return parameters.get(match[1].lower()) if match else text


def _identifiers(assignment: Assignment, properties: Json, definition_id: str, definition: Json) -> str:
    shown = definition["properties"].get("displayName") or definition_id.rpartition("/")[2]
    named = properties.get("displayName") or assignment.id.rpartition("/")[2]
    return json.dumps(
        [
            {
                "policyAssignment": {"name": named, "id": assignment.id},
                "policyDefinition": {"name": shown, "id": definition_id, "version": "1.0.0"},
            }
        ],
        separators=(",", ":"),
    )
