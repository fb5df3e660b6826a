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
    """Makes the endpoints of one page for members who have a capability; all members where it needs none."""

    frame: Frame
    forms: Forms
    needs: Capability | None = None

    def shown(self, show: Callable[[Request, SignedIn], Response]) -> Callable[[Request], Response]:
        """Return the endpoint of a GET."""

        # Starlette runs what is no coroutine in a thread.
        def answer(request: Request) -> Response:
            who = self.frame.signed_in(request)
            self._check(who)
            return show(request, who)

        return answer

    def done(self, do: Callable[[Request, SignedIn, Form], Response]) -> Callable[[Request], object]:
        """Return the endpoint of a POST, whose form is checked before `do` sees it."""

        async def answer(request: Request) -> Response:
            who, form = await self.forms.posted_by_member(request)
            self._check(who)
            return await run_in_threadpool(do, request, who, form)

        return answer

    def _check(self, who: SignedIn) -> None:
        if self.needs is not None:
            require(who.viewer, self.needs)
