"""A new secret key beside other processes: what they seal or rotate meanwhile stays readable."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import contextmanager
from pathlib import Path
from threading import Event

from sqlalchemy import Connection

from outlay.access.rotation import rotate
from outlay.access.secrets import SecretKeys
from outlay.control.database import Control
from outlay.control.upstream_checks import UpstreamSettings
from outlay.control.upstreams import UpstreamBook
from outlay.kit.sealing import Sealed
from outlay.testing import FrozenClock
from tests.actors import TESTER

CREDENTIAL = "sk-proj-0123456789abcdefWXYZ"
OPENAI = UpstreamSettings(name="openai", provider="openai", base_url="https://api.openai.com")
NOW = FrozenClock().now()
_SECONDS = 9
_A_MOMENT = 0.3  # in which one that did not wait would be done


class SealsSlowly(SecretKeys):
    """Stands still once it has sealed, until it may go on."""

    def __init__(self, directory: Path) -> None:
        super().__init__(directory)
        self.has_sealed, self.may_go_on = Event(), Event()

    def seal(self, text: str, context: str) -> Sealed:
        sealed = super().seal(text, context)
        self.has_sealed.set()
        assert self.may_go_on.wait(_SECONDS)
        return sealed


class Overtaken(Control):
    """Right after the first transaction, another process does something."""

    def overtaken_by(self, other: Control, keys: SecretKeys) -> None:
        self._other: tuple[Control, SecretKeys] | None = (other, keys)

    @contextmanager
    def begin(self) -> Iterator[Connection]:
        with super().begin() as connection:
            yield connection
        if self._other:
            (other, keys), self._other = self._other, None
            rotate(other, keys, TESTER, NOW)


def readable(control: Control, keys: SecretKeys, clock: FrozenClock) -> str | None:
    book = UpstreamBook(control, keys, clock)
    return book.credential_of(book.named("acme", "openai"))


def test_what_another_process_seals_meanwhile_is_not_lost(
    control: Control, elsewhere: Control, tmp_path: Path, clock: FrozenClock
) -> None:
    slow = SealsSlowly(tmp_path)
    slow.ids()
    with ThreadPoolExecutor(2) as pool:
        adding = pool.submit(UpstreamBook(control, slow, clock).add, "acme", OPENAI, CREDENTIAL, by=TESTER)
        assert slow.has_sealed.wait(_SECONDS)
        rotating = pool.submit(rotate, elsewhere, SecretKeys(tmp_path), TESTER, NOW)
        assert not wait([rotating], _A_MOMENT).done, "it must wait for what is sealed with the key of before"
        slow.may_go_on.set()
        adding.result(_SECONDS)
        assert rotating.result(_SECONDS).secrets == 1
    fresh = SecretKeys(tmp_path)
    assert len(fresh.ids()) == 1
    assert readable(elsewhere, fresh, clock) == CREDENTIAL


def test_the_key_of_a_later_rotation_is_not_forgotten(
    control: Control, elsewhere: Control, tmp_path: Path, clock: FrozenClock
) -> None:
    UpstreamBook(control, SecretKeys(tmp_path), clock).add("acme", OPENAI, CREDENTIAL, by=TESTER)
    slower = Overtaken(control.engine)
    slower.overtaken_by(elsewhere, SecretKeys(tmp_path))
    mine = rotate(slower, SecretKeys(tmp_path), TESTER, NOW)
    fresh = SecretKeys(tmp_path)
    assert readable(control, fresh, clock) == CREDENTIAL
    assert mine.key not in fresh.ids()
