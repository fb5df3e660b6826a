"""Whatever is done to a chain behind Outlay's back is found, and named by its entry."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text
from sqlalchemy.exc import DatabaseError

from outlay.access.secrets import SecretKeys
from outlay.audit.notary import TrailNotary
from outlay.audit.verify import Verified, chains_of, verify_chain, verify_in
from outlay.control.database import Control
from outlay.control.trail import INSTALLATION, Actor, Change, Head, write_down
from outlay.control.trail_tables import audit_entries
from outlay.testing import FrozenClock
from tests.audit.chains import Tampering, chained, written

ENTRIES = 8
OTHERWISE: dict[str, Any] = {
    "at": timedelta(microseconds=1),
    "version": 2,
    "previous": bytes(31) + b"\1",
    "hash": bytes(31) + b"\1",
}
TEXTS = [each.name for each in audit_entries.columns if each.name not in {"organisation", "number", *OTHERWISE}]

entry = st.integers(0, ENTRIES - 1)
column = st.sampled_from([*TEXTS, *OTHERWISE])
tried = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


class _Undone(Exception):
    """Takes back what was tried."""


@contextmanager
def tampered(chain: Control) -> Iterator[Tampering]:
    """Give a transaction that is taken back at the end."""
    with suppress(_Undone), chain.begin() as connection:
        yield Tampering(connection, "acme")
        raise _Undone


def found_in(tampering: Tampering, notary: TrailNotary) -> Verified:
    return verify_in(tampering._connection, "acme", notary)


def numbers(verified: Verified) -> set[int | None]:
    return {each.number for each in verified.findings}


def test_what_was_written_holds(chain: Control, notary: TrailNotary) -> None:
    for organisation, count in (("acme", ENTRIES), ("other", 3), (INSTALLATION, 0), ("nobody", 0)):
        verified = verify_chain(chain, organisation, notary)
        assert (verified.findings, verified.entries) == ((), count)
    assert chains_of(chain, notary) == [INSTALLATION, "acme", "other"]


@given(index=entry, name=column, rehashed=st.booleans())
@tried
def test_a_changed_entry_is_found(
    chain: Control, notary: TrailNotary, index: int, name: str, *, rehashed: bool
) -> None:
    with tampered(chain) as tampering:
        rows = tampering.rows()
        rows[index][name] = _other(rows[index][name], name)
        if rehashed and name not in {"version", "hash", "previous", "search_text"}:
            # Whoever knows how hashes are made leaves an entry that fits in itself.
            rows[index] = chained(rows, index)[index]
        tampering.put(rows)
        found = numbers(found_in(tampering, notary))
    # One that fits in itself is betrayed by the entry after it, or by the head and what this machine saw.
    assert found & {index + 1, index + 2, None}


@given(gone=st.sets(entry, min_size=1, max_size=ENTRIES))
@tried
def test_removed_entries_are_found(chain: Control, notary: TrailNotary, gone: set[int]) -> None:
    with tampered(chain) as tampering:
        rows = tampering.rows()
        kept = [row for index, row in enumerate(rows) if index not in gone]
        tampering.put(kept)
        found = found_in(tampering, notary)
    after_gaps = {index + 1 for index in range(ENTRIES) if index not in gone and index - 1 in gone}
    assert after_gaps <= numbers(found)
    assert not found.holds


@given(gone=st.sets(entry, min_size=1, max_size=ENTRIES))
@tried
def test_entries_that_were_removed_and_closed_up_are_found(chain: Control, notary: TrailNotary, gone: set[int]) -> None:
    with tampered(chain) as tampering:
        kept = chained([row for index, row in enumerate(tampering.rows()) if index not in gone], min(gone))
        tampering.put(kept)
        tampering.put_head(number=len(kept), hash=kept[-1]["hash"] if kept else bytes(32))
        assert not found_in(tampering, notary).holds


@given(one=entry, other=entry, what=st.sampled_from(["contents", "numbers"]))
@tried
def test_swapped_entries_are_found(chain: Control, notary: TrailNotary, one: int, other: int, what: str) -> None:
    with tampered(chain) as tampering:
        rows = tampering.rows()
        left, right = rows[one]["number"], rows[other]["number"]
        if what == "contents":
            rows[one], rows[other] = rows[other] | {"number": left}, rows[one] | {"number": right}
        else:
            rows[one]["number"], rows[other]["number"] = right, left
        tampering.put(rows)
        found = numbers(found_in(tampering, notary))
    assert ({left, right} <= found) == (one != other)


@given(kept=st.integers(0, ENTRIES - 1), head=st.sampled_from(["as it was", "of the new end", "gone"]))
@tried
def test_a_cut_off_end_is_found(chain: Control, notary: TrailNotary, kept: int, head: str) -> None:
    with tampered(chain) as tampering:
        rows = tampering.rows()[:kept]
        tampering.put(rows)
        if head == "of the new end":
            tampering.put_head(number=kept, hash=rows[-1]["hash"] if rows else bytes(32))
        elif head == "gone":
            tampering._connection.execute(text("DELETE FROM audit_heads WHERE organisation = 'acme'"))
        found = found_in(tampering, notary)
    assert any("cut off" in each.text for each in found.findings)


@given(start=entry)
@tried
def test_a_chain_made_anew_is_found(chain: Control, notary: TrailNotary, start: int) -> None:
    with tampered(chain) as tampering:
        rows = tampering.rows()
        rows[start]["actor_name"] = "somebody else"
        rows = chained(rows, start)
        tampering.put(rows)
        tampering.put_head(hash=rows[-1]["hash"])
        texts = [each.text for each in found_in(tampering, notary).findings]
    assert any("not signed" in each for each in texts)
    assert any("not the one that this machine saw" in each for each in texts)


def test_an_older_state_put_back_whole_is_found_by_the_witness_alone(
    chain: Control, notary: TrailNotary, keys: SecretKeys, clock: FrozenClock, tmp_path_factory: pytest.TempPathFactory
) -> None:
    with tampered(chain) as tampering:
        older = (tampering.rows(), tampering.head())
    written(chain, "acme", 2, clock)
    with tampered(chain) as tampering:
        tampering.put(older[0])
        tampering.put_head(**older[1])
        assert [each.text for each in found_in(tampering, notary).findings] == [
            f"the end is cut off: entry {ENTRIES + 2}, that this machine saw, is missing"
        ]
        # Another machine has seen nothing of it: to that one it looks right.
        elsewhere = TrailNotary(keys, tmp_path_factory.mktemp("elsewhere"))
        assert found_in(tampering, elsewhere).holds
        # What somebody kept of an earlier check shows it there too.
        kept = Head("acme", ENTRIES + 1, bytes(32))
        assert not verify_in(tampering._connection, "acme", elsewhere, kept).holds


@pytest.mark.parametrize("kept", [0, 3], ids=["nothing", "an older state"])
def test_what_is_written_past_an_older_state_does_not_hide_that_it_was_put_back(
    chain: Control, notary: TrailNotary, clock: FrozenClock, kept: int
) -> None:
    with chain.begin() as connection:
        tampering = Tampering(connection, "acme")
        rows = tampering.rows()[:kept]
        tampering.put(rows)
        if kept:
            head = Head("acme", kept, rows[-1]["hash"])
            signed = notary.sign(head)
            tampering.put_head(number=kept, hash=head.hash, key=signed.key, mac=signed.mac)
        else:
            connection.execute(text("DELETE FROM audit_heads WHERE organisation = 'acme'"))
        tampering.leave()
    written(chain, "acme", ENTRIES + 1, clock)  # further than this machine ever saw
    found = verify_chain(chain, "acme", notary)
    assert [(each.number, "Outlay found here" in each.text) for each in found.findings] == [(kept + 1, True)]
    assert found.entries == kept + 1 + ENTRIES + 1, "it is told of once"
    written(chain, "acme", 1, clock)
    assert verify_chain(chain, "acme", notary).findings == found.findings


def test_an_end_that_somebody_kept_must_still_be_there(chain: Control, notary: TrailNotary) -> None:
    with tampered(chain) as tampering:
        fourth = tampering.rows()[3]["hash"]
    assert verify_chain(chain, "acme", notary, Head("acme", 4, fourth)).holds
    assert numbers(verify_chain(chain, "acme", notary, Head("acme", 5, fourth))) == {5}


@pytest.mark.parametrize(
    "head",
    [{"number": 7}, {"hash": bytes(32)}, {"mac": None}, {"key": None}, {"mac": bytes(32)}, {"key": "another"}],
    ids=str,
)
def test_an_altered_head_is_found(chain: Control, notary: TrailNotary, head: dict[str, Any]) -> None:
    with tampered(chain) as tampering:
        tampering.put_head(**head)
        assert numbers(found_in(tampering, notary)) == {None}


def test_a_signature_of_another_chain_is_none(chain: Control, notary: TrailNotary) -> None:
    with tampered(chain) as tampering:
        tampering._connection.execute(
            text(
                "UPDATE audit_heads SET key = (SELECT key FROM audit_heads WHERE organisation = 'other'), "
                "mac = (SELECT mac FROM audit_heads WHERE organisation = 'other') WHERE organisation = 'acme'"
            )
        )
        assert not found_in(tampering, notary).holds


def test_what_outlay_writes_next_does_not_hide_what_was_done(
    chain: Control, notary: TrailNotary, clock: FrozenClock
) -> None:
    with chain.begin() as connection:
        tampering = Tampering(connection, "acme")
        rows = tampering.rows()
        rows[2]["actor_name"] = "somebody else"
        rows = chained(rows, 2)
        tampering.put(rows)
        tampering.put_head(hash=rows[-1]["hash"])
        tampering.leave()
    notary.forget("acme")  # as on a machine that never saw it
    written(chain, "acme", 1, clock)
    found = verify_chain(chain, "acme", notary)
    assert (found.entries, numbers(found)) == (ENTRIES + 2, {ENTRIES + 1})
    assert "Outlay found here" in found.findings[0].text


@pytest.mark.sqlite_only
@pytest.mark.parametrize("name", [each.name for each in audit_entries.columns if each.name != "organisation"])
@pytest.mark.parametrize("value", ["x'ff00'", "CAST(x'ff00' AS TEXT)", "'words'", "1.5", "-1"])
def test_values_of_any_type_are_found_and_stop_nothing(
    chain: Control, notary: TrailNotary, name: str, value: str
) -> None:
    with tampered(chain) as tampering:
        where = "WHERE organisation = 'acme' AND number = 3"
        tampering._connection.execute(text(f"UPDATE audit_entries SET {name} = {value} {where}"))
        found = found_in(tampering, notary)
        assert not found.holds
        assert verify_in(tampering._connection, "other", notary).holds


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_entries SET actor_name = 'nobody'",
        "UPDATE audit_entries SET name = name WHERE number = 1",
        "DELETE FROM audit_entries WHERE number = 8",
        "DELETE FROM audit_entries",
    ],
)
def test_the_database_itself_refuses_to_alter_entries(chain: Control, statement: str) -> None:
    with pytest.raises(DatabaseError, match="append-only"), chain.begin() as connection:
        connection.execute(text(statement))


def test_a_note_that_can_not_be_read_is_a_finding(chain: Control, notary: TrailNotary) -> None:
    notary._path("acme").write_bytes(b"{")
    assert "says how far" in verify_chain(chain, "acme", notary).findings[0].text
    with chain.begin() as connection:  # and nobody is kept from work by it
        write_down(connection, "acme", Actor("system", None, "Outlay"), Change("team.create", "team", "t", "T"), NOW)


NOW = FrozenClock().now()


def _other(value: Any, name: str) -> Any:
    if name == "at":
        return value + OTHERWISE["at"]
    if name in OTHERWISE:
        return OTHERWISE[name]
    if name in {"before", "after"}:
        return '{"n":"x"}'
    return f"{value or ''}x"
