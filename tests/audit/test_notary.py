"""What stands beside the database: signatures that outlive a new key, and how far this machine saw each chain."""

import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import pytest
from sqlalchemy import insert

from outlay.access.rotation import rotate
from outlay.access.secrets import KEY_FILE, SecretKeys
from outlay.audit.forget import forget_chain
from outlay.audit.notary import WITNESS_FOLDER, TrailNotary
from outlay.audit.verify import chains_of, verify_chain
from outlay.control.database import Control, open_control
from outlay.control.organisations import every_organisation
from outlay.control.tables import organisations
from outlay.control.trail import INSTALLATION, SYSTEM, Change, Head, write_down
from outlay.errors import Conflict, NotFound
from outlay.kit.sealing import new_sealing_key
from outlay.kit.sealing import written as key_text
from outlay.testing import FrozenClock
from tests.actors import TESTER
from tests.audit.chains import Tampering, written

NOW = FrozenClock().now()


def test_a_head_is_seen_once_it_is_committed_and_never_before(control: Control, notary: TrailNotary) -> None:
    change = Change("team.create", "team", "t", "T")
    with control.begin() as connection:
        write_down(connection, "acme", TESTER, change, NOW)
        assert notary.witnessed("acme") is None
    first = notary.witnessed("acme")
    assert first is not None
    assert first.number == 1
    with suppress(KeyboardInterrupt), control.begin() as connection:
        write_down(connection, "acme", TESTER, change, NOW)
        raise KeyboardInterrupt
    assert notary.witnessed("acme") == first
    assert verify_chain(control, "acme", notary).holds


def test_a_witness_never_goes_back(notary: TrailNotary, tmp_path: Path) -> None:
    heads = [Head("acme", number, bytes([number]) * 32) for number in range(1, 60)]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(notary.saw, reversed(heads)))
    assert notary.witnessed("acme") == heads[-1]
    files = [path for path in (tmp_path / WITNESS_FOLDER).iterdir() if path.suffix == ".json"]
    assert len(files) == 1
    assert files[0].stat().st_mode & 0o077 == 0
    assert notary.chains() == {"acme"}


def test_a_new_key_leaves_every_chain_signed(chain: Control, keys: SecretKeys, notary: TrailNotary) -> None:
    before = keys.ids()
    rotate(chain, keys, TESTER, NOW)
    assert keys.ids() != before
    for organisation in ("acme", "other", INSTALLATION):
        assert verify_chain(chain, organisation, notary).holds
    assert verify_chain(chain, INSTALLATION, notary).entries == 1


def test_a_new_key_does_not_sign_what_was_altered(
    chain: Control, keys: SecretKeys, notary: TrailNotary, clock: FrozenClock
) -> None:
    with chain.begin() as connection:
        tampering = Tampering(connection, "acme")
        tampering.put_head(mac=bytes(32))
        tampering.leave()
    rotate(chain, keys, TESTER, NOW)
    assert not verify_chain(chain, "acme", notary).holds
    assert verify_chain(chain, "other", notary).holds
    written(chain, "acme", 1, clock)
    assert "Outlay found here" in verify_chain(chain, "acme", notary).findings[0].text


def test_a_key_given_by_the_setting_takes_over(chain: Control, tmp_path: Path) -> None:
    given = SecretKeys(tmp_path, key_text(new_sealing_key()))
    notary = TrailNotary(given, tmp_path)
    assert verify_chain(chain, "acme", notary).holds  # the file is there still
    restarted = open_control(tmp_path / "control.sqlite", notary)
    rotate(restarted, given, TESTER, NOW)
    assert not (tmp_path / KEY_FILE).exists()
    assert not [each for each in chains_of(chain, notary) if not verify_chain(restarted, each, notary).holds]
    restarted.close()


def test_without_its_key_a_chain_is_not_believed(chain: Control, tmp_path: Path) -> None:
    (tmp_path / KEY_FILE).unlink()
    fresh = TrailNotary(SecretKeys(tmp_path), tmp_path)
    texts = [each.text for each in verify_chain(chain, "acme", fresh).findings]
    assert texts == ["its end, entry 8, is not signed with a secret key of this Outlay"]


def test_a_disk_that_takes_no_note_fails_nobody(control: Control, notary: TrailNotary, tmp_path: Path) -> None:
    (tmp_path / WITNESS_FOLDER).write_text("in the way")
    with control.begin() as connection:
        write_down(connection, "acme", SYSTEM, Change("team.create", "team", "t", "T"), NOW)
    (tmp_path / WITNESS_FOLDER).unlink()
    assert verify_chain(control, "acme", notary).entries == 1


def test_many_who_write_at_once_leave_one_chain_without_gaps(
    control: Control, notary: TrailNotary, tmp_path: Path
) -> None:
    each, writers = 12, 6
    begin = threading.Barrier(writers)

    def write(writer: int) -> None:
        own = open_control(tmp_path / "control.sqlite", notary)
        begin.wait()
        for number in range(each):
            with own.begin() as connection:
                write_down(connection, "acme", TESTER, Change("team.create", "team", f"{writer}.{number}", "T"), NOW)
        own.close()

    with ThreadPoolExecutor(writers) as pool:
        list(pool.map(write, range(writers)))
    verified = verify_chain(control, "acme", notary)
    assert (verified.findings, verified.entries) == ((), each * writers)


def test_the_trail_of_a_deleted_organisation_can_be_forgotten(chain: Control, notary: TrailNotary) -> None:
    assert every_organisation(chain) == []
    end = forget_chain(chain, "acme", TESTER, NOW)
    notary.forget("acme")
    assert end.number == 8
    assert chains_of(chain, notary) == [INSTALLATION, "other"]
    assert verify_chain(chain, INSTALLATION, notary).entries == 1
    assert verify_chain(chain, "other", notary).entries == 3
    for missing in ("acme", INSTALLATION):
        with pytest.raises(NotFound):
            forget_chain(chain, missing, TESTER, NOW)


def test_the_trail_of_an_organisation_that_is_there_stays(chain: Control, notary: TrailNotary) -> None:
    with chain.begin() as connection:
        row = {"id": "acme", "name": "Acme", "zone": "UTC", "created_at": NOW}
        connection.execute(insert(organisations).values(row))
    with pytest.raises(Conflict, match="stays"):
        forget_chain(chain, "acme", TESTER, NOW)
    assert verify_chain(chain, "acme", notary).holds
