"""The navigation: the menu of all pages, and the tabs of the settings. A page says in which place it stands by an id.

A settings page is one line of SETTINGS; with its id as `active` the frame shows the tabs above it. Who lacks the
capability does not see an entry; that the page refuses them is the page's own business.
"""

import re
from typing import Final, Literal
from urllib.parse import unquote

from msgspec import Struct

from outlay.access.roles import Capability, may
from outlay.access.viewer import Role

SETTINGS_PATH: Final = "/settings"
_STEP: Final = re.compile(r"[A-Za-z0-9._~%!$&'()*+,;=:@-]+")


class MenuEntry(Struct, frozen=True):
    """One page in the navigation.

    `saves` says which states can be saved as views: none, those of the page, or also those of the pages right below it.
    """

    id: str
    label: str
    path: str
    icon: str
    needs: Capability
    saves: Literal["none", "page", "below"] = "none"


class SettingsTab(Struct, frozen=True):
    """One page of the settings; `path` may be outside of `/settings`, where it was before there were tabs."""

    id: str
    label: str
    path: str
    needs: Capability


MENU: Final[tuple[MenuEntry, ...]] = (
    MenuEntry("consumption", "Consumption", "/consumption", "bars", "see_consumption", "page"),
    MenuEntry("usage", "Usage", "/usage", "people", "see_usage", "page"),
    MenuEntry("explorer", "Explorer", "/explorer", "pie", "see_usage", "page"),
    MenuEntry("agents", "Agents", "/agents", "cube", "see_usage", "below"),
    MenuEntry("calls", "Calls", "/calls", "rows", "see_usage", "page"),
    MenuEntry("mine", "My usage", "/me", "person", "see_usage"),
    MenuEntry("exports", "Exports", "/exports", "download", "see_consumption"),
    MenuEntry("prices", "Prices", "/prices", "tag", "see_consumption"),
    MenuEntry("imports", "Imports", "/imports", "upload", "import_files"),
    MenuEntry("operator", "Organisations", "/operator", "cube", "operate"),
    MenuEntry("settings", "Settings", SETTINGS_PATH, "gear", "see_usage"),
)
SETTINGS: Final[tuple[SettingsTab, ...]] = (
    SettingsTab("organisation", "Organisation", "/settings/organisation", "manage_settings"),
    SettingsTab("members", "Members", "/settings/members", "manage_members"),
    SettingsTab("teams", "Teams", "/settings/teams", "see_teams"),
    SettingsTab("keys", "API keys", "/keys", "hold_keys"),
    SettingsTab("gateway", "Gateway", "/gateway", "see_usage"),
    SettingsTab("sign-on", "Sign-on", "/settings/sign-on", "manage_settings"),
    SettingsTab("second-factor", "Second factor", "/settings/second-factor", "manage_settings"),
    SettingsTab("audit", "Audit trail", "/settings/audit", "see_audit_trail"),
)


def menu_of(role: Role) -> tuple[MenuEntry, ...]:
    return tuple(each for each in MENU if may(role, each.needs))


def first_page_of(role: Role) -> str:
    """Return where a member starts who chose nothing else: with their own usage, who sees no other."""
    return "/me" if role == "member" else next((entry.path for entry in menu_of(role)), "/calls")


def settings_of(role: Role) -> tuple[SettingsTab, ...]:
    """Return the settings that this role may open; a role without any sees no entry for them either."""
    return tuple(each for each in SETTINGS if may(role, each.needs))


def is_setting(page: str) -> bool:
    """Whether the id is that of a page among the settings."""
    return any(each.id == page for each in SETTINGS)


def entry_at(path: str) -> MenuEntry | None:
    """Return the page whose state a view of this path keeps; None where the path is none of our pages of figures."""
    for entry in MENU:
        below = path.removeprefix(f"{entry.path}/") if entry.saves == "below" else path
        if entry.saves != "none" and (path == entry.path or (below != path and _is_one_step(below))):
            return entry
    return None


def _is_one_step(step: str) -> bool:
    """Whether the text is one step of a path, as it stands in an address, and leads to a page rather than to a file."""
    return bool(_STEP.fullmatch(step)) and unquote(step) not in {".", ".."} and not step.startswith("export.")
