"""Every recorded answer of a provider goes through the real funnel: stored, priced, and the ledger adds up."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from outlay.capture.readings.body import read_body
from outlay.capture.readings.events import events_of
from outlay.config import Settings
from outlay.intake.accept import Intake
from outlay.intake.check import Limits
from outlay.intake.outcome import DUPLICATE, STORED
from outlay.kit.period import parse_zone
from outlay.ledger.duckdb import DuckLedger
from outlay.ledger.verify import findings
from outlay.pricing.book import PriceBook
from outlay.pricing.catalogue import load_catalogue
from outlay.usage import UsageEvent
from tests.capture.readings.recorded import recordings
from tests.intake.making import RememberedNames, event

SETTINGS = Settings()
LIMITS = Limits(SETTINGS.max_field_chars, SETTINGS.max_tags, SETTINGS.max_metadata_bytes)


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[DuckLedger]:
    opened = DuckLedger(tmp_path / "ledger.duckdb", lambda _: parse_zone("UTC"), memory_mb=512)
    yield opened
    opened.close()


def calls() -> list[UsageEvent]:
    found: list[UsageEvent] = []
    for recorded in recordings():
        if recorded.api is None:
            continue
        asked: dict[str, Any] = {"provider": recorded.provider, "model": None, "model_raw": None}
        base = event(recorded.id, source="gateway", status="ok" if recorded.status < 400 else "error", **asked)
        reading = read_body(recorded.api, recorded.provider, recorded.body, recorded.content_type)
        found.extend(events_of(reading, base) if reading is not None else ())
    return found


def test_all_that_is_read_is_stored_priced_and_adds_up(ledger: DuckLedger) -> None:
    intake = Intake(ledger, PriceBook(load_catalogue()), RememberedNames(), LIMITS)
    events = calls()
    assert set(intake.accept("acme", events)) == {STORED}
    assert set(intake.accept("acme", events)) == {DUPLICATE}
    with ledger.snapshot() as snapshot:
        wrong = [found for found in findings(snapshot, lambda _: parse_zone("UTC")) if found.wrong]
        (stored,) = snapshot.rows("SELECT count(*), sum(requests), sum(output) FROM events")
        (fees,) = snapshot.rows("SELECT count(*), sum(quantity) FROM events WHERE service = 'web_search'")
    assert wrong == []
    assert stored == (len(events), len(events), sum(each.tokens.output or 0 for each in events))
    searched = [each.quantity for each in events if each.service == "web_search"]
    assert fees == (len(searched), sum(each or 0 for each in searched))
    assert len(searched) > 25
