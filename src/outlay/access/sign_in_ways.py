"""How people sign in, as sessions remember it."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, Literal

Way = Literal["password", "link", "sso"]

# What the audit trail calls it.
ACTION_OF_WAY: Final[Mapping[Way, str]] = MappingProxyType(
    {"password": "sign_in.password", "link": "link.use", "sso": "sign_in.sso"}
)
