"""Keys that change: rotated with an overlap, narrowed, ended in part, and each time in the audit trail."""

from datetime import timedelta

import msgspec
import pytest
from sqlalchemy import select

from outlay.access.key_changes import change_key, retire_secret, revoke_key, rotate_key
from outlay.access.key_ring import KeyRing
from outlay.access.key_search import KeyPage, KeySearch, count_keys, find_keys
from outlay.access.keys import NewKey, key_named, secrets_of
from outlay.access.own_keys import key_rights, let_members_make_keys
from outlay.control.database import Control
from outlay.control.member_changes import disable_member, enable_member
from outlay.control.members import member_of_id
from outlay.control.trail_tables import audit_entries
from outlay.errors import Conflict, Forbidden, InputError, KeyInvalid, NotFound
from outlay.testing import FrozenClock
from tests.access.conftest import People
from tests.actors import ADA, TESTER
from tests.keys import issued

DAY = timedelta(days=1)


def works(ring: KeyRing, plaintext: str, clock: FrozenClock) -> bool:
    try:
        ring.resolve(plaintext, clock.now(), "192.0.2.9")
    except KeyInvalid:
        return False
    return True


def test_both_secrets_count_until_the_moment_chosen(control: Control, elsewhere: Control, clock: FrozenClock) -> None:
    key, old = issued(control, "acme", NewKey(name="ci"), clock.now())
    ring = KeyRing(elsewhere)
    assert works(ring, old, clock)
    clock.move(timedelta(seconds=1))
    until = clock.now() + DAY
    rotated, new = rotate_key(control, "acme", key.id, until, ADA, clock.now())
    assert (rotated.id, old != new, rotated.prefix != key.prefix) == (key.id, True, True)
    clock.move(DAY - timedelta(microseconds=1))
    assert (works(ring, old, clock), works(ring, new, clock)) == (True, True)
    clock.move(timedelta(microseconds=1))
    assert (works(ring, old, clock), works(ring, new, clock)) == (False, True)
    newest, oldest = secrets_of(control, "acme", key.id)
    assert (newest.prefix, newest.ends_at, oldest.prefix, oldest.ends_at) == (rotated.prefix, None, key.prefix, until)
    for text in (key.prefix, rotated.prefix):
        assert key_named(control, "acme", text) == rotated


def test_without_overlap_the_old_secret_ends_within_a_second(
    control: Control, elsewhere: Control, clock: FrozenClock
) -> None:
    key, old = issued(control, "acme", NewKey(name="ci"), clock.now())
    ring = KeyRing(elsewhere)
    assert works(ring, old, clock)
    rotate_key(control, "acme", key.id, None, ADA, clock.now())
    clock.move(timedelta(seconds=1))
    assert not works(ring, old, clock)


@pytest.mark.parametrize("ended", ["old", "new"])
def test_either_secret_can_be_ended_and_the_other_goes_on_for_good(
    control: Control, clock: FrozenClock, ended: str
) -> None:
    key, old = issued(control, "acme", NewKey(name="ci"), clock.now())
    clock.move(DAY)
    rotated, new = rotate_key(control, "acme", key.id, clock.now() + DAY, ADA, clock.now())
    prefix = key.prefix if ended == "old" else rotated.prefix
    retire_secret(control, "acme", key.id, prefix, ADA, clock.now())
    clock.move(2 * DAY)
    ring = KeyRing(control)
    assert (works(ring, old, clock), works(ring, new, clock)) == (ended == "new", ended == "old")
    assert key_named(control, "acme", "ci").prefix == (rotated.prefix if ended == "old" else key.prefix)
    with pytest.raises(NotFound):
        retire_secret(control, "acme", key.id, prefix, ADA, clock.now())
    with pytest.raises(Conflict, match="no other secret"):
        retire_secret(control, "acme", key.id, key_named(control, "acme", "ci").prefix, ADA, clock.now())


def test_a_key_has_two_secrets_at_most_and_ends_with_both(control: Control, clock: FrozenClock) -> None:
    key, old = issued(control, "acme", NewKey(name="ci"), clock.now())
    with pytest.raises(InputError, match="moment to come"):
        rotate_key(control, "acme", key.id, clock.now(), ADA, clock.now())
    _, new = rotate_key(control, "acme", key.id, clock.now() + DAY, ADA, clock.now())
    with pytest.raises(Conflict, match="2 secrets"):
        rotate_key(control, "acme", key.id, clock.now() + DAY, ADA, clock.now())
    revoke_key(control, "acme", key.id, ADA, clock.now())
    ring = KeyRing(control)
    assert (works(ring, old, clock), works(ring, new, clock)) == (False, False)
    with pytest.raises(NotFound):
        rotate_key(control, "acme", key.id, None, ADA, clock.now())


def test_another_organisation_changes_nothing(control: Control, clock: FrozenClock) -> None:
    key, plaintext = issued(control, "acme", NewKey(name="ci"), clock.now())
    for change in (
        lambda: rotate_key(control, "other", key.id, None, ADA, clock.now()),
        lambda: retire_secret(control, "other", key.id, key.prefix, ADA, clock.now()),
        lambda: change_key(control, "other", key.id, {"name": "mine"}, ADA, clock.now()),
    ):
        with pytest.raises(NotFound):
            change()
    assert secrets_of(control, "other", key.id) == []
    assert KeyRing(control).resolve(plaintext, clock.now()) == key


def test_when_and_from_where_each_secret_was_used_is_kept_and_never_goes_back(
    control: Control, elsewhere: Control, clock: FrozenClock
) -> None:
    key, old = issued(control, "acme", NewKey(name="ci"), clock.now())
    rotated, new = rotate_key(control, "acme", key.id, clock.now() + DAY, ADA, clock.now())
    early, late = KeyRing(control), KeyRing(elsewhere)
    early.resolve(old, clock.now(), "192.0.2.1")
    first = clock.now()
    clock.move(timedelta(minutes=5))
    late.resolve(new, clock.now(), "192.0.2.2")
    late.write_last_used()
    early.write_last_used()  # another process tells of an earlier use only now
    used = {each.prefix: (each.last_used_at, each.last_used_from) for each in secrets_of(control, "acme", key.id)}
    assert used == {key.prefix: (first, "192.0.2.1"), rotated.prefix: (clock.now(), "192.0.2.2")}
    found = key_named(control, "acme", "ci")
    assert (found.last_used_at, found.last_used_from) == (clock.now(), "192.0.2.2")


def test_a_key_of_somebody_without_access_opens_nothing(control: Control, clock: FrozenClock, people: People) -> None:
    _, plaintext = issued(control, "acme", NewKey(name="mine", user="mate"), clock.now())
    ring = KeyRing(control)
    assert works(ring, plaintext, clock)
    disable_member(control, "acme", people.mate.id, TESTER, clock.now())
    clock.move(timedelta(seconds=1))
    with pytest.raises(KeyInvalid, match="no access any more"):
        ring.resolve(plaintext, clock.now())
    enable_member(control, "acme", people.mate.id, TESTER, clock.now())
    clock.move(timedelta(seconds=1))
    assert works(ring, plaintext, clock)


def test_the_trail_tells_of_every_change_and_of_no_secret(control: Control, clock: FrozenClock) -> None:
    key, old = issued(control, "acme", NewKey(name="ci", team="growth"), clock.now())
    change_key(control, "acme", key.id, {"models": ("gpt-5*",), "team": None}, ADA, clock.now())
    change_key(control, "acme", key.id, {"models": ("gpt-5*",)}, ADA, clock.now())  # which changes nothing
    rotated, new = rotate_key(control, "acme", key.id, clock.now() + DAY, ADA, clock.now())
    retire_secret(control, "acme", key.id, key.prefix, ADA, clock.now())
    revoke_key(control, "acme", key.id, ADA, clock.now())
    with control.read() as connection:
        ours = select(audit_entries).where(audit_entries.c.subject == key.id).order_by(audit_entries.c.number)
        entries = connection.execute(ours).all()
    told = [each.action for each in entries]
    assert told == ["key.create", "key.change", "key.rotate", "key.retire", "key.revoke"]
    changed = entries[1]
    assert msgspec.json.decode(changed.before) == {"team": "growth"}
    assert msgspec.json.decode(changed.after) == {"models": ["gpt-5*"]}
    written = "".join(f"{each.before}{each.after}" for each in entries)
    assert f"outlay_{rotated.prefix}_" in written
    for plaintext in (old, new):
        assert plaintext.rpartition("_")[2] not in written


def test_an_expired_key_goes_on_once_it_has_another_expiry(control: Control, clock: FrozenClock) -> None:
    key, plaintext = issued(control, "acme", NewKey(name="ci", expires_at=clock.now() + DAY), clock.now())
    clock.move(2 * DAY)
    with pytest.raises(NotFound, match="expired"):
        rotate_key(control, "acme", key.id, None, ADA, clock.now())
    change_key(control, "acme", key.id, {"name": "still ci"}, ADA, clock.now())  # its expiry is past, and stays so
    with pytest.raises(InputError, match="expired already"):
        change_key(control, "acme", key.id, {"expires_at": clock.now()}, ADA, clock.now())
    change_key(control, "acme", key.id, {"expires_at": None}, ADA, clock.now())
    assert works(KeyRing(control), plaintext, clock)


def test_keys_are_found_page_by_page_by_what_they_are(control: Control, clock: FrozenClock) -> None:
    for number in range(7):
        wanted = NewKey(name=f"key {number}", team="growth" if number % 2 else None, scopes=frozenset({"send"}))
        issued(control, "acme", wanted, clock.now())  # all at one instant: the id decides
    issued(control, "other", NewKey(name="key theirs"), clock.now())
    search = KeySearch(organisation="acme", text="KEY", scope="send")
    seen: list[str] = []
    after = None
    while found := find_keys(control, search, KeyPage(3, after), clock.now()):
        seen += [each.name for each in found]
        after = found[-1].created_at, found[-1].id
    assert sorted(seen) == [f"key {number}" for number in range(7)]
    assert count_keys(control, search, clock.now()) == 7
    for narrowed, count in (
        ({"team": "growth"}, 3),
        ({"scope": "admin"}, 0),
        ({"text": "GROW"}, 3),
        ({"text": "%"}, 0),
    ):
        assert count_keys(control, msgspec.structs.replace(search, **narrowed), clock.now()) == count


def test_members_hold_their_own_keys_where_they_may(control: Control, clock: FrozenClock, people: People) -> None:
    key, _ = issued(control, "acme", NewKey(name="given", user="mate"), clock.now())
    rights = key_rights(control, people.mate)
    assert (rights.manages, rights.makes, rights.sees(key), rights.changes(key)) == (False, False, True, False)
    let_members_make_keys(control, "acme", TESTER, clock.now(), allowed=True)
    rights = key_rights(control, people.mate)
    assert (rights.makes, rights.changes(key)) == (True, False)
    rights.check(NewKey(name="mine", user="mate"))
    for refused in (
        NewKey(name="k"),
        NewKey(name="k", user="owner"),
        NewKey(name="k", user="mate", scopes=frozenset({"admin"})),
    ):
        with pytest.raises(Forbidden):
            rights.check(refused)
    assert key_rights(control, member_of_id(control, "acme", people.owner.id)).manages
