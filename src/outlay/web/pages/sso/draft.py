"""The form of a sign-on provider: what was filled in, as text, and the settings it asks for. A secret is in no page."""

from typing import Final

from msgspec import Struct

from outlay.access.viewer import ROLES
from outlay.control.sign_on_checks import USUAL_SCOPES, ProviderSettings
from outlay.errors import SignOnInvalid
from outlay.web.forms import Form

_CHECKED: Final = "1"


class Draft(Struct, frozen=True, kw_only=True):
    """The fields as they were filled in; `domains` are words, a check box is "1" or empty."""

    name: str = ""
    issuer: str = ""
    client_id: str = ""
    domains: str = ""
    scopes: str = USUAL_SCOPES
    groups_claim: str = ""
    default_role: str = "member"
    trusts_emails: str = ""
    creates_members: str = ""
    enabled: str = _CHECKED
    private: str = ""
    forget: str = ""


def draft_of(form: Form) -> Draft:
    return Draft(**{name: form.text(name).strip() for name in Draft.__struct_fields__})


def draft_from(settings: ProviderSettings) -> Draft:
    """Return the form as the settings of a provider fill it."""
    return Draft(
        name=settings.name,
        issuer=settings.issuer,
        client_id=settings.client_id,
        domains=" ".join(settings.domains),
        scopes=settings.scopes,
        groups_claim=settings.groups_claim,
        default_role=settings.default_role,
        trusts_emails=_CHECKED if settings.trusts_emails else "",
        creates_members=_CHECKED if settings.creates_members else "",
        enabled=_CHECKED if settings.enabled else "",
        private=_CHECKED if settings.allow_private else "",
    )


def settings_asked_for(draft: Draft, *, allow_private: bool) -> ProviderSettings:
    """Return the settings; whether they can be is checked where they are kept. SignOnInvalid for a role there is none.

    Whether the private network is open is for the caller to say: a check box alone must not open it.
    """
    if draft.default_role not in ROLES:
        raise SignOnInvalid("default_role", "choose one of these")
    return ProviderSettings(
        name=draft.name,
        issuer=draft.issuer,
        client_id=draft.client_id,
        domains=tuple(draft.domains.replace(",", " ").split()),
        scopes=" ".join(draft.scopes.split()),
        groups_claim=draft.groups_claim,
        trusts_emails=bool(draft.trusts_emails),
        creates_members=bool(draft.creates_members),
        default_role=draft.default_role,
        enabled=bool(draft.enabled),
        allow_private=allow_private,
    )
