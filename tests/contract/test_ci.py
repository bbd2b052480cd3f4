"""The workflows on GitHub run pinned actions with no more rights than they need, and what .ci/run runs."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from scripts.package import ROOT

WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
FORMS = ("bug", "feature")


def load(file: Path) -> dict[str, Any]:
    document: dict[str, Any] = yaml.safe_load(file.read_text(encoding="utf-8"))
    return document


@pytest.mark.parametrize("file", WORKFLOWS, ids=lambda file: file.stem)
def test_every_action_is_pinned_by_commit_and_names_its_release(file: Path) -> None:
    used = re.findall(r"uses: (.+)", file.read_text(encoding="utf-8"))
    assert used
    for action in used:
        assert re.fullmatch(r"[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", action), action


@pytest.mark.parametrize("file", WORKFLOWS, ids=lambda file: file.stem)
def test_a_job_has_only_the_rights_that_it_names(file: Path) -> None:
    workflow = load(file)
    assert workflow["permissions"] == {}
    assert [name for name, job in workflow["jobs"].items() if "permissions" not in job] == []


def test_ci_runs_the_script_that_a_contributor_can_run() -> None:
    steps = load(ROOT / ".github" / "workflows" / "ci.yml")["jobs"]["test"]["steps"]
    assert [step["run"] for step in steps if "run" in step] == [".ci/run"]


def test_known_vulnerabilities_of_what_is_shipped_fail_the_run() -> None:
    """On each change and each week; `--strict` lets a package that cannot be looked up fail, too."""
    workflow = load(ROOT / ".github" / "workflows" / "ci.yml")
    # YAML reads the key `on` as true
    assert {"pull_request", "push", "schedule"} <= workflow[True].keys()
    job = workflow["jobs"]["audit"]
    assert "continue-on-error" not in str(job)
    (command,) = [step["run"] for step in job["steps"] if "run" in step]
    words = command.split()
    assert {"pip-audit", "--strict", "--require-hashes"} <= set(words)
    assert words[-2:] == ["--requirement", "requirements.txt"]


def test_the_script_runs_targets_of_the_makefile() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    script = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    calls = re.findall(r"^make (?:--\S+(?: \d+)? )*([a-z -]+)$", script, re.MULTILINE)
    targets = [target for call in calls for target in call.split()]
    assert targets == ["check", "coverage", "test-extension", "scan-infra", "test-slow"]
    for target in targets:
        assert re.search(rf"^{target}:", makefile, re.MULTILINE), target


@pytest.mark.parametrize("name", FORMS)
def test_an_issue_form_has_what_github_requires(name: str) -> None:
    """GitHub hides a form without these keys, or with two fields of one id."""
    form = load(ROOT / ".github" / "ISSUE_TEMPLATE" / f"{name}.yml")
    assert {"name", "description", "body"} <= form.keys()
    fields = [field for field in form["body"] if field["type"] != "markdown"]
    assert len({field["id"] for field in fields}) == len(fields)
    assert [field["id"] for field in fields if not field["attributes"].get("label")] == []
