"""Forms with a file, in any pieces; what is none is refused, whatever it is."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outlay.errors import BodyTooLarge, BodyUnreadable
from outlay.web.multipart import (
    MOST_FIELD_BYTES,
    MOST_FIELDS,
    Field,
    FileBegins,
    FileEnds,
    FilePiece,
    MultipartReader,
    Part,
    boundary_of,
)

BOUNDARY = b"----WebKitFormBoundaryAbC"
TEXTS = st.text(st.characters(exclude_characters="\0", codec="utf-8"), max_size=50)
NAMES = st.text(st.characters(codec="utf-8", categories=("L", "N", "P", "Zs"), exclude_characters='"\\%'), min_size=1)


def body_of(fields: list[tuple[str, str]], file: bytes | None = None, name: str = "usage.csv") -> bytes:
    parts = [
        b'--%b\r\nContent-Disposition: form-data; name="%b"\r\n\r\n%b\r\n' % (BOUNDARY, each.encode(), value.encode())
        for each, value in fields
    ]
    if file is not None:
        head = b'--%b\r\nContent-Disposition: form-data; name="file"; filename="%b"\r\n' % (BOUNDARY, name.encode())
        parts.append(b"%bContent-Type: text/csv\r\n\r\n%b\r\n" % (head, file))
    return b"".join(parts) + b"--%b--\r\n" % BOUNDARY


def parts_of(body: bytes, size: int) -> list[Part]:
    reader = MultipartReader(BOUNDARY)
    found = [part for at in range(0, len(body), size) for part in reader.feed(body[at : at + size])]
    reader.finish()
    return found


def file_in(parts: list[Part]) -> bytes:
    return b"".join(part.data for part in parts if isinstance(part, FilePiece))


@given(
    fields=st.lists(st.tuples(NAMES, TEXTS), max_size=5),
    file=st.binary(max_size=500) | st.builds(lambda tail: b"\r\n--" + BOUNDARY[:-1] + tail, st.binary(max_size=20)),
    size=st.integers(1, 200),
)
def test_what_was_sent_is_found_in_any_pieces(fields: list[tuple[str, str]], file: bytes, size: int) -> None:
    if b"\r\n--" + BOUNDARY in b"\r\n" + file:
        return
    found = parts_of(body_of(fields, file), size)
    assert [(part.name, part.value) for part in found if isinstance(part, Field)] == fields
    assert file_in(found) == file
    assert [type(part) for part in found if not isinstance(part, Field | FilePiece)] == [FileBegins, FileEnds]


@given(start=st.integers(0, 200), noise=st.binary(max_size=200), size=st.integers(1, 50))
def test_noise_is_refused_and_nothing_else_raised(start: int, noise: bytes, size: int) -> None:
    whole = body_of([("csrf", "x"), ("kind", "")], b"a,b\n1,2\n")
    try:
        parts_of(whole[:start] + noise + whole[start + len(noise) :], size)
    except (BodyUnreadable, BodyTooLarge):
        return


def test_a_file_is_passed_on_before_it_is_complete() -> None:
    reader = MultipartReader(BOUNDARY)
    begin = body_of([], b"x" * 1000)[:-200]
    assert len(file_in(list(reader.feed(begin)))) > 700
    assert file_in(list(reader.feed(b"y" * 10_000))) != b""


def test_the_name_of_a_file_is_as_browsers_write_it() -> None:
    (begin, *_) = parts_of(body_of([], b"x", 'a%22b%0D%0A "ü".csv'.replace('"', "%22")), 7)
    assert begin == FileBegins("file", 'a"b\r\n "ü".csv')


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"", "cut off"),
        (body_of([("a", "1")])[:-4], "cut off"),
        (b"--" + BOUNDARY + b"\r\nX: y\r\n\r\nvalue\r\n--" + BOUNDARY + b"--", "a part has no name"),
        (b"--" + BOUNDARY + b"\r\n" + b"x" * 5000, "can't be read"),
        (body_of([("a", "\0")]), "a zero character"),
        (body_of([("a", "b")]).replace(b"\r\nb\r\n", b"\r\n\xff\r\n"), "no UTF-8 text"),
    ],
)
def test_what_can_t_be_read_is_told(body: bytes, said: str) -> None:
    with pytest.raises(BodyUnreadable, match=said):
        parts_of(body, 100)


@pytest.mark.parametrize(
    "fields", [[("a", "x" * (MOST_FIELD_BYTES + 1))], [(str(number), "") for number in range(MOST_FIELDS + 1)]]
)
def test_fields_are_bounded(fields: list[tuple[str, str]]) -> None:
    with pytest.raises(BodyTooLarge):
        parts_of(body_of(fields), 4096)


@pytest.mark.parametrize(
    ("header", "boundary"),
    [
        ("multipart/form-data; boundary=abc", b"abc"),
        ('Multipart/Form-Data; charset=utf-8; boundary="a b"', b"a b"),
        ("multipart/form-data", None),
        ("text/csv; boundary=abc", None),
        ("multipart/form-data; boundary=" + "x" * 71, b"x" * 70),
    ],
)
def test_the_boundary_stands_in_the_header(header: str, boundary: bytes | None) -> None:
    if boundary is None:
        with pytest.raises(BodyUnreadable, match=re.escape("multipart/form-data")):
            boundary_of(header)
    else:
        assert boundary_of(header) == boundary
