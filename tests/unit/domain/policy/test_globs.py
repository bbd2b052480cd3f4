"""Globs: they mean what they mean in Python's `fnmatch`, and no glob keeps the app busy."""

import time
from fnmatch import fnmatchcase

from hypothesis import given
from hypothesis import strategies as st

from domain.policy.globs import GlobList
from domain.policy.sections import LONGEST_GLOB, Match

GLOBS = st.text(alphabet=st.sampled_from("abC*?[]!-^\\.z\n\u00e9"), max_size=9)


@given(GLOBS, st.text(alphabet=st.sampled_from("abCz[]!-^\\.\n\u00e9"), max_size=6))
def test_a_glob_means_what_it_means_in_python(glob: str, text: str) -> None:
    likely = glob.replace("*", "ab").replace("?", "a")
    for one in (text, likely):
        assert GlobList([glob]).matches(one) == fnmatchcase(one.lower(), glob.lower())


def test_many_globs_match_what_one_of_them_matches() -> None:
    globs = GlobList([f"{number}-*" for number in range(50)] + ["Web", "x?"])
    assert [name for name in ("49-a", "50-a", "web", "XY", "49", "") if globs.matches(name)] == [
        "49-a",
        "web",
        "XY",
    ]
    assert not GlobList([]).matches("web")


def test_a_glob_of_many_stars_answers_at_once() -> None:
    """Python takes three milliseconds to compile each of them."""
    stars = "*a" * (LONGEST_GLOB // 2 - 2)
    begun = time.process_time()
    globs = GlobList(f"{stars}{number}" for number in range(100))
    assert not any(globs.matches("a" * 80) for _ in range(10))
    assert time.process_time() - begun < 1


def test_a_text_that_is_no_unicode_is_matched() -> None:
    """A tag's value may be one."""
    assert GlobList(["a?"]).matches("a\ud800")


def test_a_filter_that_has_matched_is_copied_and_compared_as_before() -> None:
    used, fresh = Match(names=["a*"]), Match(names=["a*"])
    assert used._globs["names"].matches("ab")
    assert used.model_copy(deep=True) == fresh == used
    assert used.model_dump() == fresh.model_dump()
