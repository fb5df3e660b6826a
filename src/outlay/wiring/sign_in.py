"""The pages by which people come in, those of one's own account, and the mail that both send."""

from starlette.routing import BaseRoute

from outlay.access.accounts import Accounts
from outlay.access.passwords import Passwords
from outlay.access.second_factor import SecondFactors
from outlay.access.sessions import Sessions
from outlay.access.sign_in_steps import SignInSteps
from outlay.app import Outlay
from outlay.control.outgoing_mail import Outbox
from outlay.kit.mail_server import parse_mail_server
from outlay.notify.mail import Mail
from outlay.web.browsers import Browsers, Cookies
from outlay.web.pages.account.means import AccountMeans
from outlay.web.pages.account.page import AccountPage
from outlay.web.pages.account.proof import ProofPage
from outlay.web.pages.account.rule import RulePage
from outlay.web.pages.account.second_factor import SecondFactorPage
from outlay.web.pages.password import PasswordPage
from outlay.web.pages.sign_in.by_mail import ByMailPage
from outlay.web.pages.sign_in.entrance import Entrance
from outlay.web.pages.sign_in.link import LinkPage, PasswordByLinkPage
from outlay.web.pages.sign_in.page import SignInPage
from outlay.web.pages.sign_in.steps import StepsPage
from outlay.web.turns import Turns
from outlay.wiring.parts import SiteParts
from outlay.wiring.sign_on import provider_book


def mail_of(outlay: Outlay) -> Mail:
    settings, outbox = outlay.settings, Outbox(outlay.control, outlay.secrets)
    return Mail(outbox, parse_mail_server(settings.smtp_url), settings.mail_from, outlay.clock)


def browsers_of(outlay: Outlay, sessions: Sessions, cookies: Cookies) -> Browsers:
    factors = SecondFactors(outlay.control, outlay.secrets)
    return Browsers(sessions, SignInSteps(outlay.control), factors, cookies, outlay.clock)


def sign_in_pages(parts: SiteParts) -> list[BaseRoute]:
    """Return the pages of signing in and of one's own account."""
    outlay, frame, mail, clock = parts.outlay, parts.frame, parts.mail, parts.outlay.clock
    accounts = Accounts(outlay.control, Passwords(), clock)
    factors = SecondFactors(outlay.control, outlay.secrets)
    turns = Turns()
    entrance = Entrance(frame, parts.forms, parts.browsers, accounts, turns, mail.configured, provider_book(outlay))
    means = AccountMeans(frame, parts.forms, parts.browsers, accounts, parts.sessions, factors, mail, clock)
    return [
        *SignInPage(entrance).routes(),
        *LinkPage(entrance).routes(),
        *PasswordByLinkPage(entrance).routes(),
        *StepsPage(entrance, factors, clock).routes(),
        *ByMailPage(entrance, mail, outlay.settings, clock).routes(),
        *AccountPage(means).routes(),
        *PasswordPage(means, turns).routes(),
        *SecondFactorPage(means).routes(),
        *ProofPage(means, provider_book(outlay)).routes(),
        *RulePage(means).routes(),
    ]
