"""Lets `outlay reprice` work while the server holds the ledger. No part of the API, like `handover.py` beside it."""

import hmac

import msgspec
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from outlay.errors import NotFound
from outlay.intake.handover import HANDOVER_HEADER, HANDOVER_PATH
from outlay.intake.repricing_jobs import RepricingJobs
from outlay.intake.repricing_request import REPRICE, answer, read_request
from outlay.web.api.body import read_body

MOST_BYTES = 64 * 1024


class RepricingHandover:
    def __init__(self, jobs: RepricingJobs, organisation: str, token: str) -> None:
        self._jobs = jobs
        self._organisation = organisation
        self._token = token

    def routes(self) -> list[Route]:
        return [Route(f"{HANDOVER_PATH}/{REPRICE}", self.receive, methods=["POST"])]

    async def receive(self, request: Request) -> Response:
        if not hmac.compare_digest(request.headers.get(HANDOVER_HEADER, "").encode(), self._token.encode()):
            raise NotFound("there is nothing at this address")
        asked = read_request(await read_body(request, MOST_BYTES))
        found = await run_in_threadpool(answer, self._jobs, self._organisation, asked)
        return Response(msgspec.json.encode(found), media_type="application/json")
