"""The boxes of a chooser of columns become one word of the state."""

import pytest

from outlay.web.view.columns import with_columns


@pytest.mark.parametrize(
    ("sent", "meant"),
    [
        ("", None),
        ("r=7d&cols=a", None),
        ("col=", ""),
        ("r=7d&col=&col=b&col=a", "cols=b,a&r=7d"),
        ("cols=old&col=new", "cols=new"),
        ("f=team:is:a%2Cb&col=x", "cols=x&f=team:is:a,b"),
        ("col=%3Cscript%3E", "cols=%3Cscript%3E"),
    ],
)
def test_boxes_become_one_word(sent: str, meant: str | None) -> None:
    assert with_columns(sent) == meant
