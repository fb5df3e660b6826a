"""Single sign-on: the way in by a provider, the page it is set up on, and SCIM."""

from functools import partial

from starlette.routing import BaseRoute

from outlay.access.single_sign_on.flow import SingleSignOn
from outlay.app import Outlay
from outlay.control.sign_on_providers import ProviderBook
from outlay.web.api.administration import Administration
from outlay.web.api.endpoint import Endpoint
from outlay.web.api.scim.endpoints import ScimApi
from outlay.web.api.sign_on import SignOnApi
from outlay.web.api.sign_on_rules import SignOnRulesApi
from outlay.web.pages.sso.settings import SignOnSettings
from outlay.web.pages.sso.sign_on import SignOnPage, callback_url
from outlay.web.sign_on_means import SignOnMeans
from outlay.wiring.parts import SiteParts


def provider_book(outlay: Outlay) -> ProviderBook:
    return ProviderBook(outlay.control, outlay.secrets, outlay.clock)


def sign_on_means(outlay: Outlay) -> SignOnMeans:
    book = provider_book(outlay)
    sign_on = SingleSignOn(outlay.control, book, outlay.clock)
    return SignOnMeans(outlay.control, book, sign_on, outlay.clock, outlay.settings.private_upstreams)


def sign_on_api(parts: SiteParts, administration: Administration) -> list[Endpoint]:
    means = parts.sign_on
    return [
        *SignOnApi(administration, means, partial(callback_url, parts.frame, parts.forms)).endpoints(),
        *SignOnRulesApi(administration, means.control, means.clock).endpoints(),
    ]


def sign_on_routes(parts: SiteParts) -> list[BaseRoute]:
    outlay, frame, forms, settings = parts.outlay, parts.frame, parts.forms, parts.settings
    means = parts.sign_on
    return [
        *SignOnPage(frame, forms, parts.browsers, parts.cookies, (means.sign_on, means.book)).routes(),
        *SignOnSettings(frame, forms, means).routes(),
        *ScimApi(outlay.control, outlay.clock, forms.own_origin, settings.root_path).routes(),
    ]
