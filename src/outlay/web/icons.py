"""The icons of the interface: outlines on a 16 by 16 grid in the colour of the text around them, written into the page.

They are inline because a sprite file would be one more request before the navigation looks right. An icon is
decoration: whatever it says must stand beside it as text or as the label of its button.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from markupsafe import Markup

_PATHS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "alert": "M8 2.5 14 13H2zM8 6.5v3M8 11.2v.1",
        "arrow-right": "M3 8h10M9 4l4 4-4 4",
        "bars": "M2.5 13.5h11M4.5 13.5V8M8 13.5v-11M11.5 13.5V6",
        "bell": "M4 11V7.2a4 4 0 0 1 8 0V11l1 1.5H3zM6.7 14.2h2.6",
        "book": "M3 3.2h4a1 1 0 0 1 1 1v9a1 1 0 0 0-1-1H3zM13 3.2H9a1 1 0 0 0-1 1v9a1 1 0 0 1 1-1h4z",
        "bookmark": "M4.5 2.5h7v11L8 10.8l-3.5 2.7z",
        "bulb": "M6 11.2C4.6 10.3 4 9.2 4 7.7a4 4 0 0 1 8 0c0 1.5-.6 2.6-2 3.5v1H6zM6.5 14.3h3",
        "calendar": "M2.5 4h11v9.5h-11zM2.5 7h11M5.5 2.2V5M10.5 2.2V5",
        "check": "M3 8.5 6.5 12 13 4.5",
        "chevron-down": "M4 6l4 4 4-4",
        "chevron-left": "M10 4 6 8l4 4",
        "chevron-right": "M6 4l4 4-4 4",
        "close": "M4 4l8 8M12 4l-8 8",
        "copy": "M5.5 5.5h8v8h-8zM10.5 5.5v-3h-8v8h3",
        "cube": "M8 1.8 13.5 5v6L8 14.2 2.5 11V5zM2.5 5 8 8.2 13.5 5M8 8.2v6",
        "download": "M8 2.5v8M4.5 7.5 8 11l3.5-3.5M2.5 13.5h11",
        "gateway": "M3 2.5v11M13 2.5v11M3 5.5h10M5.5 9.7h5M8.3 7.5l2.2 2.2-2.2 2.2",
        "gauge": "M2.6 12a6 6 0 1 1 10.8 0M8 9.5l2.8-3.3",
        "gear": "M8 5.6a2.4 2.4 0 1 0 0 4.8 2.4 2.4 0 0 0 0-4.8M8 1.8v1.9M8 12.3v1.9M1.8 8h1.9M12.3 8h1.9"
        "M3.6 3.6 5 5M11 11l1.4 1.4M12.4 3.6 11 5M5 11l-1.4 1.4",
        "inbox": "M2.5 9h3l1 2h3l1-2h3v4.5h-11zM2.5 9l2-6h7l2 6",
        "info": "M8 2a6 6 0 1 0 0 12A6 6 0 0 0 8 2M8 7.3v3.7M8 5v.1",
        "key": "M10.5 2.5a3 3 0 1 0 0 6 3 3 0 0 0 0-6M8.3 7.7 2.5 13.5M4.5 11.5l1.7 1.7",
        "layers": "M8 2.2 14 5.5 8 8.8 2 5.5zM2 8.5l6 3.3 6-3.3M2 11.3l6 3.2 6-3.2",
        "list": "M5.5 4h8M5.5 8h8M5.5 12h8M2.5 4h.1M2.5 8h.1M2.5 12h.1",
        "lock": "M3.5 7.5h9v6h-9zM5.2 7.5V5.3a2.8 2.8 0 0 1 5.6 0v2.2",
        "menu": "M2.5 4.5h11M2.5 8h11M2.5 11.5h11",
        "monitor": "M2 3h12v8H2zM5.5 13.7h5M8 11v2.7",
        "moon": "M13 9.7A5.5 5.5 0 0 1 6.3 3 5.5 5.5 0 1 0 13 9.7z",
        "flag": "M4 14V2.5h8l-2 3 2 3H4",
        "people": "M6 3a2.3 2.3 0 1 0 0 4.6A2.3 2.3 0 0 0 6 3M1.8 13.3a4.2 4.2 0 0 1 8.4 0M10.5 3.3a2.2 2.2 0 0 1 0 4.1"
        "M11.8 9.6a4 4 0 0 1 2.4 3.7",
        "person": "M8 2.6a2.7 2.7 0 1 0 0 5.4 2.7 2.7 0 0 0 0-5.4M2.8 13.6a5.2 5.2 0 0 1 10.4 0",
        "pie": "M8 2.2A5.8 5.8 0 1 0 13.8 8H8zM10.6 2v3.4H14A4.4 4.4 0 0 0 10.6 2z",
        "plus": "M8 3v10M3 8h10",
        "pulse": "M1.8 8.5h3l2-5.5 3 10 2-4.5h2.4",
        "report": "M3.5 2h6l3 3v9h-9zM9.5 2v3h3M5.8 8.3h4.4M5.8 11h4.4",
        "retry": "M13.3 8A5.3 5.3 0 1 1 11.6 4.1M13.5 2.2v3h-3",
        "rows": "M2.5 3.5h11v3.5h-11zM2.5 9h11v3.5h-11z",
        "search": "M7 2.5a4.5 4.5 0 1 0 0 9 4.5 4.5 0 0 0 0-9M10.3 10.3l3.4 3.4",
        "sign-out": "M6.5 2.5h-4v11h4M6 8h8M11 5l3 3-3 3",
        "sun": "M8 5.2a2.8 2.8 0 1 0 0 5.6 2.8 2.8 0 0 0 0-5.6M8 1.5v1.2M8 13.3v1.2M1.5 8h1.2M13.3 8h1.2M3.4 3.4l.8.8"
        "M11.8 11.8l.8.8M12.6 3.4l-.8.8M4.2 11.8l-.8.8",
        "tag": "M2.5 2.5h5.2l5.8 5.8-5.2 5.2-5.8-5.8zM5.4 5.4v.1",
        "upload": "M8 11V2.8M4.5 6 8 2.5 11.5 6M2.5 13.5h11",
        "table": "M2.5 3h11v10h-11zM2.5 6.3h11M2.5 9.6h11M6.5 6.3V13",
    }
)

ICONS: Final[tuple[str, ...]] = tuple(_PATHS)


def icon(name: str) -> Markup:
    """Return the icon as markup; KeyError names one that is not drawn."""
    return Markup(
        '<svg class="icon" width="16" height="16" viewBox="0 0 16 16" aria-hidden="true"><path d="{}"/></svg>'
    ).format(_PATHS[name])
