"""What came in after a watermark, as far as its viewer may see."""

import pytest

from outlay.access.viewer import Viewer
from outlay.query.arrival import arrived_since
from outlay.usage import Tokens
from tests.web.pages.made import STRANGERS, Made

ADMIN = Viewer(organisation="default", role="admin")


def test_nothing_came_in_after_the_last(shop: Made) -> None:
    with shop.site.outlay.ledger.snapshot() as snapshot:
        assert arrived_since(ADMIN, snapshot, snapshot.watermark) is None
        assert arrived_since(ADMIN, snapshot, 10**17) is None


@pytest.mark.parametrize(
    ("viewer", "user"),
    [
        (ADMIN, None),
        (Viewer(organisation="default", role="member", user="u1"), "u1"),
        (Viewer(organisation="default", role="member", user="nobody"), "nobody"),
    ],
)
def test_the_last_in_sight_is_told_and_all_are_counted(shop: Made, viewer: Viewer, user: str | None) -> None:
    seen = [each.event for each in shop.known if user is None or each.event.user == user]
    with shop.site.outlay.ledger.snapshot() as snapshot:
        found = arrived_since(viewer, snapshot, 0)
    if not seen:
        assert found is None
        return
    assert found is not None
    last = seen[-1]  # they were sent in this order, whatever times they state
    assert (found.count, found.id, found.time, found.user) == (len(seen), last.id, last.time, last.user)
    tokens = last.tokens
    assert (found.input_tokens, found.output_tokens) == (tokens.input_total, tokens.output)


def test_a_stranger_sees_their_own_alone(shop: Made) -> None:
    with shop.site.outlay.ledger.snapshot() as snapshot:
        found = arrived_since(Viewer(organisation=STRANGERS, role="admin"), snapshot, 0)
    assert found is not None
    assert (found.count, found.id) == (1, "theirs")
    assert Tokens(input_uncached=found.input_tokens, output=found.output_tokens).total == 1_000_010
