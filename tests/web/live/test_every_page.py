"""What live mode asks of a page of figures: the same state is the same markup, whoever of a role looks at it."""

import re
from collections.abc import Iterator
from html import unescape

import pytest

from outlay.access.viewer import Viewer
from outlay.web.live.figured import FRAME, read_digests
from outlay.web.live.hub import Watched, shared
from outlay.wiring.site import Serving, assemble
from tests.web.pages.made import Made, made

_MARK = re.compile(r'data-live="([^"?]+)/live\?([^"]+)" data-has="([^"]+)"')


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Made]:
    with made(tmp_path_factory.mktemp("data")) as found:
        yield found


@pytest.fixture(scope="module")
def serving(shop: Made) -> Serving:
    return assemble(shop.site.outlay)


def test_there_are_live_pages(serving: Serving) -> None:
    assert "/consumption" in serving.live._pages


def test_a_page_and_its_stream_agree_to_the_byte(shop: Made, serving: Serving) -> None:
    ada = shop.as_role("admin", user="u1")
    viewer = Viewer(organisation=shop.site.outlay.organisation, role="admin", user="somebody else")
    for path in serving.live._pages:
        page = shop.get(f"{path}?live=1", ada)
        assert page.status_code == 200, path
        found = _MARK.search(page.text)
        assert found, f"{path} says nothing of live mode in its template"
        base, query, has = map(unescape, found.groups())
        assert base == path
        state = serving.live._figured(shared(Watched(viewer, path, query)))
        assert state.digests == read_digests(has), path


def test_every_panel_is_an_element_with_its_name_as_id(shop: Made, serving: Serving) -> None:
    viewer = Viewer(organisation=shop.site.outlay.organisation, role="admin")
    for path in serving.live._pages:
        text = shop.get(f"{path}?live=1", shop.as_role("admin")).text
        state = serving.live._figured(Watched(viewer, path, "live=1"))
        for name in state.digests.keys() - {FRAME}:
            assert len(re.findall(rf'<[^>]*\bid="{re.escape(name)}"', text)) == 1, f"{path}: {name}"
