"""JSON arrays are taken apart piece by piece, whatever is in them and however the pieces fall."""

import io
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outlay.capture import arrays
from outlay.capture.files import Counted
from outlay.errors import ImportFailed

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


def taken(data: bytes, most_bytes: int = 1 << 16) -> list[object]:
    return [json.loads(text) for _, text in arrays.elements(io.BufferedReader(Counted(io.BytesIO(data))), most_bytes)]


@given(
    found=st.lists(st.dictionaries(st.text(), VALUES)), indent=st.none() | st.integers(0, 3), ascii_only=st.booleans()
)
def test_the_elements_are_those_of_the_array(found: list[object], indent: int | None, *, ascii_only: bool) -> None:
    data = json.dumps(found, indent=indent, ensure_ascii=ascii_only).encode("utf-8", "surrogatepass")
    assert taken(data) == json.loads(data)


@given(data=st.binary())
def test_nothing_but_an_import_failed_is_raised(data: bytes) -> None:
    for begin in (b"", b"[", b'[{"a":'):
        try:
            taken(begin + data)
        except (ImportFailed, UnicodeDecodeError):
            continue


def test_an_array_may_stand_under_data() -> None:
    assert taken(b'\xef\xbb\xbf { "data" : [ {"a": 1}, {"a": 2} ], "total": 2 }') == [{"a": 1}, {"a": 2}]


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b'[{"a": 1}, {"a": ', "element 2 of the JSON array is no valid JSON"),
        (b'[{"a": 1}', "cut off after 1 elements"),
        (b'[{"a": "' + b"x" * 4_000_000 + b'"}]', "longer than 65536 bytes"),
        (b'{"rows": []}', "holds no JSON array"),
    ],
)
def test_what_has_no_end_is_told(data: bytes, said: str) -> None:
    with pytest.raises(ImportFailed, match=said):
        taken(data)


@pytest.mark.parametrize(
    ("data", "json_begins"), [(b" \n[", True), (b"\xef\xbb\xbf{", True), (b"a,b\n", False), (b"", False)]
)
def test_json_is_told_from_csv(data: bytes, *, json_begins: bool) -> None:
    assert arrays.begins_as_json(io.BufferedReader(Counted(io.BytesIO(data)))) is json_begins
