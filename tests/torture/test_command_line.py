"""The command line of the torture: what it refuses, and what it prints."""

import pytest

from tests.torture.worlds import kept
from torture.__main__ import USAGE, main, summary
from torture.figures import Figures
from torture.plan import plan
from torture.promises import Broken
from torture.run import Run


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--bugs", "99"], "there are bugs from 0 to"),
        (["--trace", "no-such-file.json"], "no-such-file.json holds no plan"),
    ],
)
def test_what_it_cannot_do_is_refused_with_2(
    arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(arguments) == USAGE
    assert message in capsys.readouterr().err


@pytest.mark.parametrize("arguments", [["--images", "0"], ["--seed", "x"], ["--nonsense"]])
def test_a_wrong_option_ends_with_2(arguments: list[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert ended.value.code == USAGE


def test_the_summary_names_every_broken_promise() -> None:
    run = Run(plan(7, 4), kept().world, kills=[1.0, 3.0], faults={"503": 2})
    text = summary(Figures.of(run, [Broken("none twice", "", "web has 2 versions")]))
    assert "seed 7: 4 images" in text
    assert "2 kills, one each 2.0 s" in text
    assert "1 broken promises\nnone twice: web has 2 versions\n" in text
    assert "migrate_image: 1 completed" in text
