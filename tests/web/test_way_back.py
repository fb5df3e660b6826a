"""Where forms may lead back to: never off this product."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outlay.web.way_back import LONGEST, way_back

ROOT = "/tools/outlay"


@pytest.mark.parametrize("root", ["", ROOT])
@pytest.mark.parametrize("path", ["/", "/keys", "/calls?r=30d&f=team:is:a,b", "/a%20b?q=ü#x", "/sign-in-help", "/..a"])
def test_a_page_of_ours_is_kept(root: str, path: str) -> None:
    assert way_back(root + path, root) == root + path


@pytest.mark.parametrize(
    "text",
    [
        "",
        "keys",
        "https://evil.example",
        "//evil.example",
        "///evil.example",
        r"/\evil.example",
        r"\\evil.example",
        r"/keys\..\..",
        "/\t/evil.example",
        "/\n/evil.example",
        "/keys\r\nSet-Cookie: a=b",
        "\t//evil.example",
        " /keys",
        "/\x00",
        "/\u2028",
        "javascript:alert(1)",
        "data:text/html,x",
        "/..//evil.example",
        "/./keys",
        "/a/%2e%2E/b",
        "/.%2e/b",
        "/sign-in",
        "/sign-in?next=/sign-in",
        "/sign-in/link?token=x",
        "/sign-out",
        "/" + "a" * LONGEST,
    ],
)
def test_all_else_is_refused(text: str) -> None:
    assert way_back(text, "") is None


@pytest.mark.parametrize(
    "text",
    [
        "/",
        "/tools",
        "/tools/outlay-admin",
        "/tools/outlayx",
        "/tools/outlay/../secret",
        "/tools/outlay/%2e%2e/secret",
        "//tools/outlay/",
        "/tools/outlay/sign-in?next=/",
        "/Tools/Outlay/keys",
    ],
)
def test_outside_of_the_root_path_is_refused(text: str) -> None:
    assert way_back(text, ROOT) is None


def test_the_root_path_alone_is_ours() -> None:
    assert way_back("/tools/outlay", ROOT) == "/tools/outlay"


@given(st.text(alphabet="/\\.%2ehttps:@ \t\nx", max_size=20))
def test_what_is_kept_starts_with_one_slash_and_our_root(text: str) -> None:
    kept = way_back(f"{ROOT}/{text}", ROOT)
    if kept is not None:
        assert kept == f"{ROOT}/{text}"
        assert not set(kept) & set("\\\t\n")
        assert ".." not in kept.replace("%2e", ".").partition("?")[0].split("/")
