"""What a filter form sends becomes the state's own words, whatever the form was sent from."""

from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outlay.access.viewer import Viewer
from outlay.query.ask import Filter, Query
from outlay.query.notation import write_dimension
from outlay.query.parse import parse
from outlay.web.view.picks import FORM_WORDS, Picks, picked_of, with_picks

PLAIN = Query(Viewer(organisation="acme", role="admin"))


@pytest.mark.parametrize(
    ("sent", "state"),
    [
        pytest.param("r=7d&f=team:is:a", None, id="no form"),
        pytest.param("", None, id="nothing"),
        pytest.param("dim=team&pick=b&pick=a", "f=team:is:a,b", id="two values"),
        pytest.param("dim=team&pick=a&pick=a", "f=team:is:a", id="one value twice"),
        pytest.param("dim=team&op=not&pick=a", "f=team:not:a", id="all but one"),
        pytest.param("dim=team&none=1", "f=team:none", id="what has none"),
        pytest.param("dim=team&none=1&pick=a", "f=team:none_or:a", id="what has none and one value"),
        pytest.param("dim=team&op=not&none=1", "f=team:has", id="all but what has none"),
        pytest.param("dim=team&op=not&none=1&pick=a", "f=team:has&f=team:not:a", id="neither none nor one value"),
        pytest.param("dim=team&op=not", "", id="nothing picked"),
        pytest.param("dim=tag&pick=env:prod", "f=tag:is:env:prod", id="a tag"),
        pytest.param("dim=tag:env&pick=prod&pick=", "f=tag:env:is:,prod", id="values of a tag's key, an empty one too"),
        pytest.param("dim=user&pick=a%2Cb&pick=50%25", "f=user:is:50%2525,a%252Cb", id="commas and percent signs"),
        pytest.param("dim=team&pick=a&f=model:is:m&r=7d&view=x", "f=model:is:m&f=team:is:a&r=7d&view=x", id="beside"),
        pytest.param("dim=team&pick=a&page=4&after=xyz", "f=team:is:a", id="back to the first page"),
        pytest.param("dim=team&pick=a&for=/usage&over=7d&find=x&show=100&draft=1", "f=team:is:a", id="words of forms"),
        pytest.param("from=2026-10-01&to=2026-10-15", "r=2026-10-01..15", id="two days"),
        pytest.param("from=2026-10-15&to=2026-09-30&r=7d", "r=2026-09-30..2026-10-15", id="the wrong way round"),
        pytest.param("from=2026-10-01&to=", "r=2026-10-01", id="one day"),
        pytest.param("from=&to=&r=7d", "r=7d", id="no day"),
        pytest.param("from=today&to=2026-10-01", "r=today..2026-10-01", id="no days"),
    ],
)
def test_a_form_becomes_a_state(sent: str, state: str | None) -> None:
    assert with_picks(sent) == state


@pytest.mark.parametrize(
    ("filters", "picks", "rest"),
    [
        pytest.param(("team:is:a,b",), Picks("team", "is", ("a", "b")), (), id="is"),
        pytest.param(("team:not:a",), Picks("team", "not", ("a",)), (), id="not"),
        pytest.param(("team:none",), Picks("team", none=True), (), id="none"),
        pytest.param(("team:none_or:a",), Picks("team", "is", ("a",), none=True), (), id="none or"),
        pytest.param(("team:has",), Picks("team", "not", none=True), (), id="has"),
        pytest.param(("team:has", "team:not:a"), Picks("team", "not", ("a",), none=True), (), id="has and not"),
        pytest.param(("team:is:a,b", "team:is:b,c"), Picks("team", "is", ("b",)), (), id="two sets meet"),
        pytest.param(("team:none_or:a", "team:not:a"), Picks("team", none=True), (), id="a set less another"),
        pytest.param(("team:none_or:a", "team:has"), Picks("team", "is", ("a",)), (), id="has takes none away"),
        pytest.param(("model:is:m",), Picks("team"), ("model:is:m",), id="another dimension's"),
        pytest.param(
            ("tag:is:a:1", "tag:is:b:2"), Picks("tag", "is", ("a:1",)), ("tag:is:b:2",), id="tags ask for both"
        ),
        pytest.param(("tag:env:is:prod",), Picks("tag"), ("tag:env:is:prod",), id="a tag's key is a dimension"),
    ],
)
def test_filters_are_shown_as_picks(filters: tuple[str, ...], picks: Picks, rest: tuple[str, ...]) -> None:
    def read(texts: tuple[str, ...]) -> tuple[Filter, ...]:
        return parse(urlencode([("f", text) for text in texts]), PLAIN).query.filters

    found = picked_of(picks.dimension, read(filters))
    assert (found.picks, found.rest) == (picks, read(rest))


@pytest.mark.parametrize("sent", ["dim=nothing&pick=a", "dim=&pick=a", "dim=tag:&pick=a", "dim=nothing&op=not&none=1"])
def test_what_can_not_be_a_filter_is_refused_with_its_reason(sent: str) -> None:
    asked = parse(with_picks(sent) or "", PLAIN, lenient=True)
    assert [notice.key for notice in asked.notices] == ["f"]
    assert asked.query.filters == ()


_TEXTS = st.text(max_size=6) | st.sampled_from(["a,b", "%2C", "x:y", "is", "none", ""])


@given(
    dimension=st.sampled_from(["team", "user", "tag", "tag:env", "tag:is"]),
    op=st.sampled_from(["is", "not"]),
    values=st.lists(_TEXTS.filter(lambda text: not any("\ud800" <= char <= "\udfff" for char in text)), max_size=4),
    none=st.booleans(),
)
def test_the_picks_of_a_state_are_those_that_were_sent(
    *, dimension: str, op: str, values: list[str], none: bool
) -> None:
    sent = [("dim", write_dimension(dimension)), ("op", op), *(("pick", value) for value in values)]
    sent += [("none", "1")] if none else []
    filters = parse(with_picks(urlencode(sent)) or "", PLAIN).query.filters
    picks = picked_of(dimension, filters).picks
    assert picks == Picks(dimension, picks.operator, tuple(sorted(set(values))), none=none)
    assert picks.operator == op or not (values or none)


@given(st.text(max_size=40))
def test_any_text_is_taken(text: str) -> None:
    for query in (text, f"dim={text}", f"dim=team&pick={text}", f"from={text}&to={text}"):
        made = with_picks(query)
        assert made is None or not any(f"{word}=" in f"&{made}".split("&") for word in FORM_WORDS)
        parse(made or "", PLAIN, lenient=True)
