"""Whatever stands in the cells: each row becomes an event or is refused with a reason, and nothing else is raised."""

import csv
import io
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outlay.capture.rowmap import RowRejected
from tests.capture.consoles.test_consoles import SAMPLES
from tests.capture.consoles.test_litellm import CALL
from tests.capture.reading import own_mapping, read

WORDS = st.sampled_from(
    (
        *("", "0", "-1", "1e999", "NaN", "inf", "10.0", "9" * 30, "\u00b2"),
        *("9999-12-31", "0001-01-01", "1969-12-31T23:59:59Z", "253402300799", "2026-10-01T00:00:00+23:59"),
        *("true", "{", "[1]", '{"a": 1}', "usd", "eur", "Included", " | , ", "a, "),
    )
)
CELLS = WORDS | st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=20)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | CELLS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)
HEADERS = {kind: next(csv.reader(io.StringIO(text))) for kind, text in SAMPLES.items()}


@pytest.mark.parametrize("kind", SAMPLES)
@given(data=st.data())
def test_any_cells(kind: str, data: st.DataObject) -> None:
    first = list(csv.reader(io.StringIO(SAMPLES[kind])))[1]
    row = [data.draw(st.just(cell) | CELLS) for cell in first]
    text = io.StringIO()
    csv.writer(text).writerows([HEADERS[kind], row])
    for _, found in read(text.getvalue().encode(), own_mapping(kind)):
        assert not isinstance(found, RowRejected) or found.message


@given(changes=st.dictionaries(st.sampled_from(sorted(CALL)), VALUES, max_size=4))
def test_any_values_of_a_spend_log(changes: dict[str, object]) -> None:
    rows = read(json.dumps([CALL | changes]).encode(), own_mapping("litellm"), "table")
    assert len(rows) == 1


@given(metadata=st.dictionaries(st.sampled_from(["usage_object", "additional_usage_values", "status", "x"]), VALUES))
def test_any_metadata_of_a_spend_log(metadata: dict[str, object]) -> None:
    rows = read(json.dumps([CALL | {"metadata": metadata}]).encode(), own_mapping("litellm"), "table")
    assert len(rows) == 1
