"""What the pages of signing in share."""

from msgspec import Struct
from starlette.requests import Request
from starlette.responses import Response

from outlay.access.accounts import Accounts
from outlay.control.sign_on_providers import ProviderBook
from outlay.errors import SignInFailed, SignOnOnly
from outlay.web.browsers import Browsers
from outlay.web.forms import Forms, as_sentence
from outlay.web.frame import Frame
from outlay.web.turns import Turns
from outlay.web.way_back import way_back


class Entrance(Struct, frozen=True):
    frame: Frame
    forms: Forms
    browsers: Browsers
    accounts: Accounts
    turns: Turns
    sends_mail: bool
    providers: ProviderBook

    def target(self, wanted: str) -> str:
        """Return the page that a sign-in leads to, as a final link."""
        renderer = self.frame.renderer
        return way_back(wanted, renderer.root_path) or renderer.url("/")

    def link_failed(self, request: Request, error: SignInFailed) -> Response:
        """Return the page for a link that opens nothing, or a sign-in that is over."""
        shell = self.frame.plain(request, "This does not work any more")
        values = {"reason": as_sentence(error.message), "sends_mail": self.sends_mail}
        values |= {"signs_on": isinstance(error, SignOnOnly)}
        return self.frame.page("sign-in/over.html", shell, error.status, **values)
