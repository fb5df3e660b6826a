"""SCIM filters: every text is a filter or told why not, and the tree is the one that RFC 7644 means."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outlay.access.scim.filters import Both, Compare, Either, Filter, Opposite, Within, parse_filter
from outlay.errors import ScimInvalid


def eq(path: str, value: str | float | None) -> Compare:
    return Compare(path, "eq", value)


@pytest.mark.parametrize(
    ("text", "tree"),
    [
        ('userName eq "ada"', eq("username", "ada")),
        ('USERNAME EQ "Ada \\"L\\" \\u00e9"', eq("username", 'Ada "L" é')),
        ("active eq true", Compare("active", "eq", value=True)),
        ("x eq null", eq("x", None)),
        ("x eq -1.5", eq("x", -1.5)),
        ("title pr", Compare("title", "pr", None)),
        ('a eq "1" or b eq "2" and c eq "3"', Either(eq("a", "1"), Both(eq("b", "2"), eq("c", "3")))),
        ('(a eq "1" or b eq "2") and c eq "3"', Both(Either(eq("a", "1"), eq("b", "2")), eq("c", "3"))),
        ('not (a eq "1")', Opposite(eq("a", "1"))),
        (
            'emails[type eq "work" and value co "@"]',
            Within("emails", Both(eq("type", "work"), Compare("value", "co", "@"))),
        ),
        ('urn:a:b:2.0:User:name.givenName eq "x"', eq("urn:a:b:2.0:user:name.givenname", "x")),
    ],
)
def test_trees(text: str, tree: Filter) -> None:
    assert parse_filter(text) == tree


WORDS = st.sampled_from(
    ["a", "userName", "eq", "pr", "and", "or", "not", "(", ")", "[", "]", '"x"', "true", "1", '"', "\\", "ü"]
)


@given(st.one_of(st.text(max_size=60), st.lists(WORDS, max_size=25).map(" ".join)))
def test_any_text_is_a_filter_or_refused(text: str) -> None:
    try:
        parse_filter(text)
    except ScimInvalid as error:
        told = error.scim_type
    else:
        told = "invalidFilter"
    assert told == "invalidFilter"
