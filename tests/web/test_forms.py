"""Forms are read as browsers send them, and repeat nothing of what they hold."""

import pytest

from outlay.errors import BodyUnreadable
from outlay.web.forms import MOST_FIELDS, Form, as_sentence, parse_form


@pytest.mark.parametrize(
    ("body", "values"),
    [
        pytest.param(b"", {}, id="nothing"),
        pytest.param(b"a=1&b=", {"a": "1", "b": ""}, id="an empty field"),
        pytest.param(b"a=x+y%2B%26%3D", {"a": "x y+&="}, id="escapes"),
        pytest.param("a=%C3%BC&b=ü".encode(), {"a": "ü", "b": "ü"}, id="UTF-8"),
        pytest.param(b"a=1&a=2", {"a": "2"}, id="the last of two counts"),
        pytest.param(b"a=1;b=2", {"a": "1;b=2"}, id="a semicolon separates nothing"),
        pytest.param(b"a=%zz", {"a": "%zz"}, id="a stray percent sign"),
    ],
)
def test_a_form_is_read(body: bytes, values: dict[str, str]) -> None:
    assert parse_form(body).values == values


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"secret=%ff", id="no UTF-8 inside"),
        pytest.param(b"secret=\xff", id="no UTF-8"),
        pytest.param(b"secret=%00", id="zero character"),
        pytest.param(b"secret=1&" * (MOST_FIELDS + 1), id="too many fields"),
    ],
)
def test_what_is_no_form_is_refused_without_repeating_it(body: bytes) -> None:
    with pytest.raises(BodyUnreadable) as refused:
        parse_form(body)
    assert "secret" not in str(refused.value)


def test_a_missing_field_is_empty_and_a_printed_form_shows_no_values() -> None:
    form = Form({"password": "hunter2hunter2"})
    assert form.text("email") == ""
    assert "hunter2" not in repr(form)
    assert "password" in repr(form)


@pytest.mark.parametrize(
    ("message", "sentence"), [("no key", "No key."), ("Ask an admin.", "Ask an admin."), ("", ".")]
)
def test_a_message_becomes_a_sentence(message: str, sentence: str) -> None:
    assert as_sentence(message) == sentence
