import gzip
from contextlib import suppress

import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from outlay.capture.encoding import decoded
from outlay.errors import BodyTooLarge, BodyUnreadable, MediaTypeUnsupported, OutlayError


@given(first=st.binary(max_size=5000), second=st.binary(max_size=50))
def test_what_was_encoded_comes_back_also_in_several_parts(first: bytes, second: bytes) -> None:
    whole = first + second
    assert decoded(whole, "", 10_000) == whole
    assert decoded(gzip.compress(first) + gzip.compress(second), "gzip", 10_000) == whole
    assert decoded(zstandard.compress(first) + zstandard.compress(second), " ZSTD ", 10_000) == whole


@pytest.mark.parametrize(
    ("body", "encoding", "error"),
    [
        pytest.param(b"x" * 1001, "identity", BodyTooLarge, id="plain"),
        pytest.param(gzip.compress(bytes(10**7)), "gzip", BodyTooLarge, id="gzip-bomb"),
        pytest.param(zstandard.compress(bytes(10**8)), "zstd", BodyTooLarge, id="zstd-bomb"),
        pytest.param(gzip.compress(b"abc")[:-3], "gzip", BodyUnreadable, id="gzip-cut"),
        pytest.param(zstandard.compress(b"abc" * 99)[:-3], "zstd", BodyUnreadable, id="zstd-cut"),
        pytest.param(b"abc", "gzip", BodyUnreadable, id="no-gzip"),
        pytest.param(b"abc", "zstd", BodyUnreadable, id="no-zstd"),
        pytest.param(b"abc", "br", MediaTypeUnsupported, id="unknown"),
        pytest.param(b"abc", "gzip, zstd", MediaTypeUnsupported, id="several"),
    ],
)
def test_bodies_that_cant_be_decoded_say_why(body: bytes, encoding: str, error: type[OutlayError]) -> None:
    with pytest.raises(error):
        decoded(body, encoding, 1000)


@given(body=st.binary(max_size=300), encoding=st.sampled_from(["gzip", "zstd"]))
def test_no_garbage_escapes_the_declared_errors(body: bytes, encoding: str) -> None:
    with suppress(BodyUnreadable, BodyTooLarge):
        decoded(body, encoding, 1000)
