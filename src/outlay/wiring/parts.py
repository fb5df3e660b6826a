"""What the areas of the site share: made once by `site.py`, handed to every module here."""

from msgspec import Struct

from outlay.access.key_ring import KeyRing
from outlay.access.sessions import Sessions
from outlay.app import Outlay
from outlay.config import Settings
from outlay.intake.upkeep import UpkeepThread
from outlay.notify.mail import Mail
from outlay.query.questions import Questions
from outlay.web.browsers import Browsers, Cookies
from outlay.web.forms import Forms
from outlay.web.frame import Frame
from outlay.web.gate import Gate
from outlay.web.metrics import Metrics
from outlay.web.sign_on_means import SignOnMeans


class SiteParts(Struct, frozen=True):
    """Who asks (`gate`, `sessions`, `keys`), what is asked (`questions`), how pages look and take forms,
    who comes in (`browsers`, by providers `sign_on`), and `mail`.
    """

    outlay: Outlay
    keys: KeyRing
    sessions: Sessions
    gate: Gate
    questions: Questions
    frame: Frame
    forms: Forms
    metrics: Metrics
    upkeep: UpkeepThread
    cookies: Cookies
    browsers: Browsers
    mail: Mail
    sign_on: SignOnMeans

    @property
    def settings(self) -> Settings:
        return self.outlay.settings
