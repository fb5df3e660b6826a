"""Files are told by their columns, whatever they are called and however they are packed."""

import gzip
from pathlib import Path

import pytest
import zstandard

from outlay.capture.recognise import recognised
from outlay.errors import ImportFailed
from tests.capture.consoles.test_consoles import SAMPLES
from tests.capture.consoles.test_litellm import FORMS

FILES = {**{kind: text.encode() for kind, text in SAMPLES.items()}, "litellm": FORMS["csv"]}
OTHERS = {
    "aider": b"time,main_model,prompt_tokens,completion_tokens\n",
    "azure": b"TIMESTAMP,ContextTokens,GeneratedTokens\n",
    "mooncake": b'{"timestamp": 0, "input_length": 1, "output_length": 2, "hash_ids": []}\n',
}


@pytest.mark.parametrize("kind", [*FILES, *OTHERS])
@pytest.mark.parametrize("packed", [bytes, gzip.compress, zstandard.ZstdCompressor().compress])
def test_a_kind_is_told_by_its_columns(tmp_path: Path, kind: str, packed: type[bytes]) -> None:
    path = tmp_path / "upload_1"
    path.write_bytes(packed({**FILES, **OTHERS}[kind]))
    found = recognised(path)
    assert found.kind is not None
    assert found.kind.name == kind


@pytest.mark.parametrize("form", ["array", "under data", "lines"])
def test_json_of_a_kind(tmp_path: Path, form: str) -> None:
    path = tmp_path / "upload_1"
    path.write_bytes(FORMS[form])
    found = recognised(path).kind
    assert found is not None
    assert found.name == "litellm"


@pytest.mark.parametrize(
    ("data", "form", "columns"),
    [
        (b"when;who\n1;2\n", "csv", ("when", "who")),
        (b'\xef\xbb\xbf{"when": 1, "who": 2}\n', "jsonl", ("when", "who")),
        (b"[1, 2]", "jsonl", ()),
        (b"[]", "jsonl", ()),
        (b"{", "jsonl", ()),
        (b"", "csv", ()),
        (b'"a', "csv", ("a",)),
        (b"PAR1\0\0", "parquet", ()),
        (b"\xff\xfe\0\0", "csv", ("\N{REPLACEMENT CHARACTER}" * 2 + "\0\0",)),
    ],
)
def test_what_is_of_no_kind_is_told_by_its_format(
    tmp_path: Path, data: bytes, form: str, columns: tuple[str, ...]
) -> None:
    path = tmp_path / "upload_1"
    path.write_bytes(data)
    found = recognised(path)
    assert (found.kind, found.format, found.columns) == (None, form, columns)


@pytest.mark.parametrize("data", [gzip.compress(b"a,b\n" * 1000)[:20], b"[{"])
def test_a_damaged_file_is_an_error_with_a_message(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "upload_1"
    path.write_bytes(data)
    with pytest.raises(ImportFailed):
        recognised(path)
