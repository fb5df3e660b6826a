"""The pages of sign-in and of what members keep for themselves, and those an admin sets the organisation up with."""

from starlette.routing import BaseRoute

from outlay.web.pages.annotations.page import AnnotationsPage
from outlay.web.pages.audit.page import AuditPage
from outlay.web.pages.gateway.page import GatewayPage
from outlay.web.pages.home import HomePage
from outlay.web.pages.keys.desk import Desk
from outlay.web.pages.keys.one_page import KeyOnePage
from outlay.web.pages.keys.page import KeysPage
from outlay.web.pages.members.inviting import Inviting
from outlay.web.pages.members.list_page import MembersPage
from outlay.web.pages.members.office import Office
from outlay.web.pages.members.one_page import MemberPage
from outlay.web.pages.operator.page import OperatorPage
from outlay.web.pages.organisation.page import Around, OrganisationPage
from outlay.web.pages.organisation.rates import RatesPage
from outlay.web.pages.settings.page import SettingsPage
from outlay.web.pages.teams.page import TeamsPage
from outlay.web.pages.theme import ThemePage
from outlay.web.pages.views.page import ViewsPage
from outlay.wiring.parts import SiteParts
from outlay.wiring.sign_in import sign_in_pages
from outlay.wiring.sign_on import provider_book, sign_on_routes


def account_pages(parts: SiteParts) -> list[BaseRoute]:
    """Return the pages of sign-in, of one's own account, and of what members keep."""
    outlay, frame, forms = parts.outlay, parts.frame, parts.forms
    return [
        *HomePage(frame, parts.questions).routes(),
        *sign_in_pages(parts),
        *ThemePage(frame, forms, parts.cookies).routes(),
        *ViewsPage(frame, forms, outlay.clock).routes(),
        *AnnotationsPage(frame, forms, outlay.clock).routes(),
        *sign_on_routes(parts),
    ]


def settings_pages(parts: SiteParts) -> list[BaseRoute]:
    """Return the pages by which an organisation is set up."""
    outlay, frame, forms, settings = parts.outlay, parts.frame, parts.forms, parts.settings
    office = Office(outlay.control, outlay.names, outlay.clock)
    invite = Inviting(settings, parts.mail, provider_book(outlay), outlay.clock, outlay.control)
    around = Around(outlay.control, parts.questions, outlay.clock, parts.upkeep.soon)
    desk = Desk(frame, forms, outlay.control, outlay.names, parts.questions, outlay.clock)
    return [
        *OrganisationPage(frame, forms, around).routes(),
        *RatesPage(frame, forms, around).routes(),
        *OperatorPage(frame, forms, around).routes(),
        *SettingsPage(frame).routes(),
        *MembersPage(frame, forms, outlay.control, outlay.names, outlay.clock, invite).routes(),
        *MemberPage(frame, forms, office, invite).routes(),
        *TeamsPage(frame, forms, office, parts.questions).routes(),
        *GatewayPage(frame, forms, outlay.upstreams, private=settings.private_upstreams).routes(),
        *AuditPage(frame, forms, outlay.control).routes(),
        *KeysPage(desk).routes(),
        *KeyOnePage(desk).routes(),
    ]
