"""How pages of forms answer members: who asks, whether they may, then the page's own function in a thread."""

from collections.abc import Callable

from msgspec import Struct
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from outlay.access.roles import Capability, require
from outlay.web.forms import Form, Forms
from outlay.web.frame import Frame
from outlay.web.gate import SignedIn


class ByMembers(Struct, frozen=True):
    """Makes the endpoints of one page for members who have a capability."""

    frame: Frame
    forms: Forms
    needs: Capability

    def shown(self, show: Callable[[Request, SignedIn], Response]) -> Callable[[Request], Response]:
        """Return the endpoint of a GET."""

        # Starlette runs what is no coroutine in a thread.
        def answer(request: Request) -> Response:
            who = self.frame.signed_in(request)
            require(who.viewer, self.needs)
            return show(request, who)

        return answer

    def done(self, do: Callable[[Request, SignedIn, Form], Response]) -> Callable[[Request], object]:
        """Return the endpoint of a POST, whose form is checked before `do` sees it."""

        async def answer(request: Request) -> Response:
            who, form = await self.forms.posted_by_member(request)
            require(who.viewer, self.needs)
            return await run_in_threadpool(do, request, who, form)

        return answer
