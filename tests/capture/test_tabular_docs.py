"""The pages on importing keep to the code: examples work, every key, field, kind and code is named."""

import re
from pathlib import Path

import pytest

from outlay.capture import tabular
from outlay.capture.consoles import console
from outlay.capture.mapping import FIELDS, Mapping, parse_mapping
from outlay.capture.traces import KINDS
from tests.capture.reading import events, read, rejected

DOCS = Path(__file__).resolve().parents[2] / "docs"
REFERENCE = (DOCS / "reference/mapping.md").read_text(encoding="utf-8")
HOW_TO = (DOCS / "how-to/import-files.md").read_text(encoding="utf-8")
GATEWAY, LOGS, PAGES = re.findall(r"```toml\n(.*?)```", REFERENCE, re.DOTALL)


def test_the_first_example() -> None:
    data = (
        b"request_id,created_at,user_email,model,http_status,duration_ms,prompt_tokens,completion_tokens,cost_usd,"
        b"environment,region\n"
        b"r1,2026-10-01T12:00:00,a@x.org,gpt-4o,500,12.3,1000,5,0.01,prod,-\n"
    )
    (event,) = events(read(data, parse_mapping(GATEWAY, "example")))
    assert (event.id, event.status, event.provider, event.tags) == ("r1", "error", "openai", ("env:prod",))
    assert (event.time.isoformat(), event.metadata) == ("2026-10-01T10:00:00+00:00", None)


def test_the_example_for_json() -> None:
    line = (
        b'{"meta": {"ts": 1790000000000, "session": 7}, "response": {"model": "claude", "id": "m1"}, "usage": '
        b'{"input_tokens": 3, "cache_read_input_tokens": 90, "cache_creation_input_tokens": 7, "output_tokens": 4}}'
    )
    (event,) = events(read(line, parse_mapping(LOGS, "example"), "jsonl"))
    assert (event.tokens.input_total, event.tokens.cache_read, event.session_id) == (100, 90, "7")


def test_the_example_for_a_service() -> None:
    rows = read(b"When;Pages;Project\n01/10/2026 05:30;3;P-1\n", parse_mapping(PAGES, "example"))
    assert not rejected(rows)
    (event,) = events(rows)
    assert (event.service, event.unit, event.pod) == ("ocr", "pages", "invoices")
    assert event.time.isoformat() == "2026-10-01T00:00:00+00:00"


@pytest.mark.parametrize("name", [*Mapping.__struct_fields__, *FIELDS])
def test_every_key_and_field_is_explained(name: str) -> None:
    assert f"`{name}`" in REFERENCE


@pytest.mark.parametrize("name", [kind.name for kind in KINDS])
def test_every_kind_is_explained(name: str) -> None:
    assert f"`{name}`" in HOW_TO


@pytest.mark.parametrize(
    "code",
    [tabular.RAGGED, tabular.TOO_LONG, tabular.NOT_UTF8, tabular.UNREADABLE, console.NOT_OVER, console.WITHOUT_USAGE],
)
def test_every_code_is_explained(code: str) -> None:
    assert f"| `{code}` |" in HOW_TO
