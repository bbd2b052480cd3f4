"""The file of figures, and the page that is written from it."""

from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks import aims, page
from benchmarks.figures import Run, Spread, load, merge

SPREAD = Spread.of([1.0, 1.2])
RUN = Run(
    contender="Gallerist",
    images=100,
    ended={"completed": 100},
    makespan_seconds=1000.0,
    bound_seconds=800.0,
    late_seconds=SPREAD,
    seen_over_replication=SPREAD,
    replication_seconds=SPREAD,
    calls={"GET capsOperations": 1000, "PUT galleries/images/versions": 100},
    throttled=0,
    cpu_seconds={"functions": 5.0, "host": 5.0, "simulator": 90.0},
    peak_memory_mib={"host": 120.0, "simulator": 300.0},
    wall_seconds=50.0,
    executions={"migrate_image": 700},
    history={
        "migrate_image": {"instances": 100, "episodes": 700, "events": 5000, "bytes": 10240, "longest": 60}
    },
)
SCRIPT = replace(RUN, contender="thread pool, 50 threads", makespan_seconds=900.0, executions={}, history={})


def test_a_spread_has_nearest_ranks() -> None:
    spread = Spread.of(range(1, 101))
    assert (spread.median, spread.p95, spread.most, spread.mean) == (50, 95, 100, 50.5)


def test_figures_per_image_leave_out_the_simulated_azure() -> None:
    assert RUN.cpu_per_image_ms == 100
    assert RUN.calls_per_image == 11
    assert RUN.status_reads_per_image == 10
    assert RUN.over_bound == 1.25


def test_a_run_replaces_only_the_figures_of_its_own_size_and_contender(tmp_path: Path) -> None:
    file = tmp_path / "figures.json"
    large = replace(RUN, images=1000)
    merge([RUN, SCRIPT, large], file)
    better = replace(RUN, makespan_seconds=850.0)
    merge([better], file)
    assert [one.run for one in load(file)] == [better, SCRIPT, large]
    assert all(one.measured and one.commit for one in load(file))


def test_aims_are_compared_with_what_was_measured() -> None:
    found = {aim.what: aim for aim in aims.aims([RUN, SCRIPT])}
    assert not found["100 images: makespan / bound"].reached
    assert found["100 images: makespan / that of the thread pool, 50 threads"].measured == pytest.approx(
        10 / 9
    )
    assert found["100 images: longest history"].reached
    assert not found["100 images: calls / those of the script"].reached


def test_the_page_is_that_of_the_kept_figures() -> None:
    """`python -m benchmarks --page` writes it again."""
    assert page.PAGE.read_text(encoding="utf-8") == page.render(load())


def test_a_page_without_figures_says_so() -> None:
    assert "Nothing was measured yet." in page.render([])


@pytest.mark.slow
def test_the_pictures_are_drawn_for_light_and_dark_pages(tmp_path: Path) -> None:
    """The same figures make the same files, and small ones."""
    from benchmarks import plots  # noqa: PLC0415 # only this test pays for the import of matplotlib

    drawn = []
    for _ in range(2):
        plots.draw([RUN, SCRIPT, replace(RUN, images=1000)], tmp_path)
        drawn.append({path.name: path.read_bytes() for path in tmp_path.iterdir()})
    assert drawn[0] == drawn[1]
    assert drawn[0].keys() == {"performance-light.png", "performance-dark.png"}
    assert all(picture.startswith(b"\x89PNG") and len(picture) < 100_000 for picture in drawn[0].values())
