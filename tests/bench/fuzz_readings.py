"""Fuzz the reading of answers, guided by coverage: `python -m tests.bench.fuzz_readings [SECONDS] [CORPUS]`.

It needs atheris, which is no dependency (it is built per compiler): install it into an environment of its own beside
the package. The inputs are the recorded answers and whatever becomes of them; anything raised is a finding.
"""

import sys
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from outlay.capture.readings.body import read_body
from outlay.capture.readings.events import events_of
from outlay.capture.readings.reading import APIS
from outlay.capture.readings.stream import stream_reading
from outlay.usage import check_quantity
from tests.capture.readings.recorded import recordings
from tests.capture.readings.test_events import CALL

SECONDS: Final = 60
PIECE: Final = 61


def check_one(data: bytes) -> None:
    """Read an input: its first byte says which API's answer it is, the second from which provider."""
    api = APIS[data[0] % len(APIS)] if data else APIS[0]
    provider = ("", "xai", "mistral")[data[1] % 3] if len(data) > 1 else ""
    body = data[2:]
    reader = stream_reading(api, provider, "")
    for start in range(0, len(body), PIECE):
        reader.feed(body[start : start + PIECE])
    for reading in (read_body(api, provider, body, ""), reader.reading(ended=True)):
        for event in events_of(reading, CALL):
            event.tokens.check()
            check_quantity(event.quantity, event.unit)


def write_corpus(folder: Path) -> int:
    """Write the short recorded answers as inputs; return how many they are."""
    chosen = [each for each in recordings() if each.api is not None and len(each.body) < 4_096]
    for each in chosen:
        if each.api is not None:
            (folder / each.id).write_bytes(bytes([APIS.index(each.api), 0]) + each.body)
    return len(chosen)


def main() -> int:
    seconds = int(sys.argv[1]) if len(sys.argv) > 1 else SECONDS
    if find_spec("atheris") is None:
        print("skipped: atheris is not installed here; hypothesis covers the same in tests/capture/readings")
        return 0
    atheris = import_module("atheris")
    atheris.instrument_all()
    with TemporaryDirectory() as folder:
        print(f"{write_corpus(Path(folder))} recorded answers to begin with")
        atheris.Setup([sys.argv[0], f"-max_total_time={seconds}", "-max_len=8192", folder], check_one)
        atheris.Fuzz()
    return 0


if __name__ == "__main__":
    sys.exit(main())
