"""How pages of forms answer members: who asks, whether they may, then the page's own function in a thread.

What hands out access (links, keys, providers, tokens) asks besides who is there, where the last proof is a while ago.
"""

from collections.abc import Callable
from urllib.parse import quote

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

    def shown(
        self, show: Callable[[Request, SignedIn], Response], proof_on: str | None = None
    ) -> Callable[[Request], Response]:
        """Return the endpoint of a GET. One that leads to a form which needs proof asks for it first: else what is
        filled in would be lost.
        """

        # Starlette runs what is no coroutine in a thread.
        def answer(request: Request) -> Response:
            who = self.frame.signed_in(request)
            self._check(request, who, proof_on)
            return show(request, who)

        return answer

    def done(
        self, do: Callable[[Request, SignedIn, Form], Response], proof_on: str | None = None
    ) -> Callable[[Request], object]:
        """Return the endpoint of a POST, whose form is checked before `do` sees it.

        `proof_on` is for what hands out access: the path, with the names of this route's, of the page where it goes on
        after a proof.
        """

        async def answer(request: Request) -> Response:
            who, form = await self.forms.posted_by_member(request)
            self._check(request, who, proof_on)
            return await run_in_threadpool(do, request, who, form)

        return answer

    def _check(self, request: Request, who: SignedIn, proof_on: str | None) -> None:
        if self.needs is not None:
            require(who.viewer, self.needs)
        if proof_on is not None:
            names = {name: quote(str(value), safe="", errors="replace") for name, value in request.path_params.items()}
            self.frame.require_proof(who, proof_on.format(**names))
