"""Single sign-on: the way in by a provider, the page it is set up on, and SCIM."""

from starlette.routing import BaseRoute

from outlay.access.single_sign_on.flow import SingleSignOn
from outlay.app import Outlay
from outlay.control.sign_on_providers import ProviderBook
from outlay.web.api.scim.endpoints import ScimApi
from outlay.web.pages.sso.settings import SignOnMeans, SignOnSettings
from outlay.web.pages.sso.sign_on import SignOnPage
from outlay.wiring.parts import SiteParts


def provider_book(outlay: Outlay) -> ProviderBook:
    return ProviderBook(outlay.control, outlay.secrets, outlay.clock)


def sign_on_routes(parts: SiteParts) -> list[BaseRoute]:
    outlay, frame, forms, settings = parts.outlay, parts.frame, parts.forms, parts.settings
    book = provider_book(outlay)
    sign_on = SingleSignOn(outlay.control, book, outlay.clock)
    means = SignOnMeans(outlay.control, book, sign_on, outlay.clock, settings.private_upstreams)
    return [
        *SignOnPage(frame, forms, parts.browsers, parts.cookies, (sign_on, book)).routes(),
        *SignOnSettings(frame, forms, means).routes(),
        *ScimApi(outlay.control, outlay.clock, forms.own_origin, settings.root_path).routes(),
    ]
