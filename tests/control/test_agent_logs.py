"""What is remembered of agents' logs: as many calls as there are come back, each as it was noted last."""

import pytest

from outlay.control.agent_logs import LogMemory
from outlay.control.database import Control
from outlay.control.log_marks import KnownCall, LogMark, hashed, key_of
from outlay.testing import FrozenClock

MARK = LogMark("/logs/one.jsonl", position=10)


def made_calls(count: int, revision: int = 0) -> dict[int, KnownCall]:
    return {
        key_of("acme", "import:claude-code", f"msg_{number}"): KnownCall(
            number, number if number % 3 else None, number % 2 == 0, revision, str(number).encode()
        )
        for number in range(count)
    }


@pytest.mark.parametrize("count", [1, 49, 50, 51, 100, 123])
def test_every_call_that_was_noted_is_found_as_it_was(control: Control, clock: FrozenClock, count: int) -> None:
    noted = made_calls(count)
    LogMemory(control, "acme", "import:claude-code", clock).keep([MARK], noted)
    anew = LogMemory(control, "acme", "import:claude-code", clock)
    assert list(anew.marks()) == [MARK.path]
    assert anew.find(made_calls(count + 1)) == noted


def test_a_call_noted_again_is_what_it_was_noted_as_last(control: Control, clock: FrozenClock) -> None:
    memory = LogMemory(control, "acme", "import:claude-code", clock)
    memory.keep([MARK], made_calls(120))
    later = made_calls(70, revision=1)
    memory.keep([MARK], later)
    assert memory.find(made_calls(120)) == made_calls(120) | later


@pytest.mark.parametrize("call", ["", "msg_1", "m\0sg", "m\ud800sg", "ü" * 300])
def test_a_key_is_the_hash_of_organisation_source_and_call(call: str) -> None:
    assert key_of("acme", "import:x", call) == hashed("acme", "import:x", call)
