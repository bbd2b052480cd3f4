"""What people read of a failure that the Functions host reports. The texts were seen on the extension 3.19.0."""

import pytest

from domain.host_failures import LONGEST_SENTENCE, failure_sentence

DOTNET = (
    '{"$type":"System.InvalidOperationException, System.Private.CoreLib","StackTraceString":"   at A.B()"}'
)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (
            f"Activity function 'a' failed: python exited with code 137 (0x89) \n {DOTNET}",
            "Activity function 'a' failed: python exited with code 137 (0x89)",
        ),
        (
            "Activity function 'a' failed:  Exception: Result: Failure\nException: ValueError: boom\nStack:   File x",
            "Activity function 'a' failed: Exception: ValueError: boom",
        ),
        (
            "Orchestrator function 'o' failed: One or (Result: Failure\nException: ValueError: boom\nStack:   File x)",
            "Orchestrator function 'o' failed: One or (ValueError: boom)",
        ),
        (
            "Orchestrator function 'o' failed: boom\n\n$OutOfProcData$:{\"isDone\":false}",
            "Orchestrator function 'o' failed: boom",
        ),
        ("two\nlines", "two lines"),
        (None, "the Functions host gave no reason"),
        (f" {DOTNET}", "the Functions host gave no reason"),
    ],
)
def test_one_sentence_is_left(text: str | None, sentence: str) -> None:
    assert failure_sentence(text) == sentence


def test_a_sentence_has_an_end() -> None:
    assert len(failure_sentence("word " * 1000)) == LONGEST_SENTENCE
