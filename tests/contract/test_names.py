"""The names that hold the app together: constants, functions, folders; and what the worker accepts of a function."""

import importlib.metadata
import inspect
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from domain import names as function_names
from scripts.package import PACKAGES
from tests.unit.app import ROOT, code, functions

DURABLE = {
    "orchestrationTrigger": "orchestration",
    "activityTrigger": "activity",
    "entityTrigger": "entityName",
}
# constants that name something else than a function, with what they name
OTHER_NAMES = {
    "RESERVE": "an operation of the ledger",
    "KEEP": "an operation of the interruptions",
    "NOTE": "an operation of the hints of a gallery",
    "NOTE_DURATION": "an operation of the durations of a definition",
}


def durable_names(*triggers: str) -> list[str]:
    """The names under which orchestrators and clients call the app's functions."""
    names = []
    for function in functions().values():
        trigger = function.get_trigger().get_dict_repr()
        if trigger["type"] in triggers:
            names.append(trigger.get(DURABLE[trigger["type"]]) or function.get_function_name())
    return names


def test_every_name_of_a_function_is_registered_exactly_once_and_has_its_constant() -> None:
    """Orchestrators call by these constants: a name without a function would wait for ever."""
    constants = {
        value
        for name, value in vars(function_names).items()
        if name.isupper() and isinstance(value, str) and name not in OTHER_NAMES and not name.startswith("_")
    }
    assert Counter(durable_names(*DURABLE)) == Counter(constants)


def test_a_function_is_called_as_it_is_named() -> None:
    """The portal shows the function's name, the task hub the durable one: they are one."""
    shown = [
        name
        for name, function in functions().items()
        if function.get_trigger().get_dict_repr()["type"] in DURABLE
    ]
    assert shown == durable_names(*DURABLE)


@pytest.mark.parametrize("name", [*PACKAGES, "function_app"])
def test_no_packaged_module_has_the_name_of_an_installed_package(name: str) -> None:
    """In Azure the app's root comes last on `sys.path`, so such a module would not be imported there."""
    distributions = importlib.metadata.packages_distributions()
    # `make cli` installs the command line, with what it shares with the app; in Azure it is not
    installed = {package.lower() for package, having in distributions.items() if set(having) != {"gallerist"}}
    assert name.lower() not in installed
    assert name not in sys.stdlib_module_names


@pytest.mark.parametrize("name", durable_names("activityTrigger"))
def test_an_activity_takes_plain_parameters(name: str) -> None:
    """The worker refuses `dict[str, Any]`, `X | None` and the like on a trigger's parameter."""
    annotations = [parameter.annotation for parameter in inspect.signature(code(name)).parameters.values()]
    assert annotations
    assert set(annotations) <= {dict, str}


@pytest.mark.parametrize("name", durable_names("activityTrigger"))
def test_an_activity_is_glue_of_at_most_fifteen_lines(name: str) -> None:
    assert len(inspect.getsource(code(name)).splitlines()) <= 15


def test_the_app_is_composition_and_nothing_else() -> None:
    text = (ROOT / "function_app.py").read_text(encoding="utf-8")
    assert len(text.splitlines()) <= 40
    assert "def " not in text
    assert "class " not in text


def bindings(name: str) -> list[dict[str, Any]]:
    return [binding.get_dict_repr() for binding in functions()[name].get_bindings()]


def test_every_http_function_asks_for_a_key_but_health_and_the_page() -> None:
    """Only the health check and the page, which holds no data, are open to everybody."""
    levels = {
        name: binding["authLevel"]
        for name in functions()
        for binding in bindings(name)
        if binding["type"] == "httpTrigger"
    }
    open_to_all = {name for name, level in levels.items() if str(level).upper().endswith("ANONYMOUS")}
    assert open_to_all == {"get_health", "get_dashboard"}
    assert len(levels) > 1


def test_this_repository_is_the_one_that_is_tested() -> None:
    """`domain` must come from here, not from a copy that is installed."""
    assert Path(inspect.getfile(function_names)).is_relative_to(ROOT)
