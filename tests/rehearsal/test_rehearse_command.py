"""`gallerist rehearse` as it is typed, to its end."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from cli.app import app
from rehearsal.pseudonyms import Key, anonymised, save_key
from rehearsal.snapshot import Snapshot, save
from tests.rehearsal import fleet
from tests.rehearsal.conftest import written

ONE = f"""\
defaults:
  galleries: [{fleet.GALLERY}]
  regions: [eastus2]
rules:
  - name: the web
    match: {{names: ["web-*"]}}
    definition: {{name: web}}
  - name: the others stay
    action: ignore
"""
OTHER = ONE.replace("[eastus2]", "[eastus2, westus2]").replace("web-*", "web-0[12]")


@pytest.mark.slow
def test_two_policies_over_a_snapshot_with_pseudonyms_differ_as_over_the_real_one(
    snapshot: Snapshot, tmp_path: Path
) -> None:
    key = Key()
    save(snapshot, tmp_path / "fleet.json")
    save(anonymised(snapshot, key), tmp_path / "renamed.json")
    save_key(key, tmp_path / "key.json")
    policies = [
        str(written(tmp_path / f"{name}.yaml", text)) for name, text in (("one", ONE), ("other", OTHER))
    ]
    common = ["--days", "0", "--price", "Standard_LRS=0.1", "--price", "transfer=0.02", "-o", "json"]
    real = CliRunner().invoke(app, ["rehearse", str(tmp_path / "fleet.json"), *policies, *common])
    renamed = ["rehearse", str(tmp_path / "renamed.json"), *policies, *common]
    with_key = ["--key", str(tmp_path / "key.json"), "--real-names"]
    other = CliRunner().invoke(app, [*renamed, *with_key])
    assert (real.exit_code, other.exit_code) == (2, 2), real.stderr + other.stderr
    first, second = json.loads(real.stdout), json.loads(other.stdout)
    names = [one["image"].rpartition("/")[2] for one in first["images"]]
    assert names == ["web-01", "web-02", "web-03"]
    for found in (first, second):
        states = [one["second"]["state"] for one in found["images"]]
        assert sorted(states) == ["completed", "completed", "ignored"]
        figures = {one["name"]: (one["first"], one["second"]) for one in found["figures"]}
        # three images of 30 GB in one region, two in two
        assert figures["gigabytes of new replicas"] == (90, 120)
        assert figures["a month for replicas"] == (9.0, 12.0)
    assert {one["image"].lower() for one in first["images"]} == {
        one["image"].lower() for one in second["images"]
    }
    without = CliRunner().invoke(app, renamed)
    assert without.exit_code == 1
    assert "Error: the snapshot has pseudonyms, and a policy names real things" in without.stderr
