"""What recognising an API key costs while it is known: `python -m tests.bench.keys`. The budget is 20 µs.

Right and wrong secrets are measured side by side: the difference is what an attacker could see.
"""

import tempfile
from contextlib import suppress
from pathlib import Path
from statistics import median
from time import perf_counter_ns

from outlay.access.key_ring import KeyRing
from outlay.access.keys import NewKey
from outlay.control.database import open_control
from outlay.control.organisations import create_organisation
from outlay.errors import KeyInvalid
from outlay.testing import FrozenClock
from tests.actors import TESTER
from tests.keys import issued

ROUNDS = 20_000


def main() -> None:
    clock = FrozenClock()
    with tempfile.TemporaryDirectory() as folder:
        control = open_control(Path(folder) / "control.sqlite")
        create_organisation(control, "acme", "Acme", "UTC", TESTER, clock.now())
        _, plaintext = issued(control, "acme", NewKey(name="bench"), clock.now())
        ring = KeyRing(control)
        ring.resolve(plaintext, clock.now())
        head, _, secret = plaintext.rpartition("_")
        texts = {
            "right": plaintext,
            "wrong at its beginning": f"{head}_{'A' if secret[0] != 'A' else 'B'}{secret[1:]}",
            "wrong at its end": f"{head}_{secret[:-1]}{'A' if secret[-1] != 'A' else 'B'}",
        }
        for name, text in texts.items():
            times = sorted(_nanoseconds(ring, text, clock) for _ in range(ROUNDS))
            print(f"{name:<24} median {median(times) / 1000:6.2f} µs, p99 {times[ROUNDS * 99 // 100] / 1000:6.2f} µs")
        control.close()


def _nanoseconds(ring: KeyRing, text: str, clock: FrozenClock) -> int:
    now = clock.now()
    began = perf_counter_ns()
    with suppress(KeyInvalid):
        ring.resolve(text, now, "192.0.2.7")
    return perf_counter_ns() - began


if __name__ == "__main__":
    main()
