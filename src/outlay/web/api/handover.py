"""Takes events from another process of the same data directory, such as `outlay import`, while the server runs.

No part of the API: it has no documentation, takes the token of this very process instead of a key, and to whoever lacks
that it is not there. What comes in goes through the same queue and funnel as every other event.
"""

import hmac
from collections import Counter

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from outlay.errors import NotFound
from outlay.intake.handover import (
    CHALLENGE_HEADER,
    HANDOVER_HEADER,
    HANDOVER_PATH,
    MOST_BYTES,
    MSGPACK,
    PROOF_HEADER,
    proof_of,
    read_events,
    write_outcomes,
)
from outlay.intake.prepare import Prepared
from outlay.web.api.body import read_body
from outlay.web.api.events import IntakeFront


class Handover:
    def __init__(self, front: IntakeFront, organisation: str, token: str) -> None:
        self._front = front
        self._organisation = organisation
        self._token = token

    def routes(self) -> list[Route]:
        return [Route(HANDOVER_PATH, self.receive, methods=["POST"])]

    async def receive(self, request: Request) -> Response:
        if not hmac.compare_digest(request.headers.get(HANDOVER_HEADER, "").encode(), self._token.encode()):
            raise NotFound("there is nothing at this address")
        challenge = request.headers.get(CHALLENGE_HEADER)
        body = await read_body(request, MOST_BYTES)
        if challenge is not None:
            return Response(headers={PROOF_HEADER: proof_of(self._token, challenge)})

        def prepare() -> Prepared:
            return self._front.intake.prepare(self._organisation, read_events(body))

        outcomes = await self._front.queue.submit(len(body), prepare)
        for result, number in Counter(outcome.result for outcome in outcomes).items():
            self._front.counters.add("import", result, number)
        return Response(write_outcomes(outcomes), media_type=MSGPACK)
