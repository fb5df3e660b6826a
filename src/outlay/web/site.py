"""Puts the site together: endpoints and pages as routes, errors as answers, and the layers every request passes."""

import logging
from collections.abc import Mapping, Sequence
from functools import cache
from http import HTTPStatus
from typing import Any

import msgspec
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route
from starlette.types import ASGIApp, Lifespan

from outlay.errors import MethodRefused, NotFound, OutlayError
from outlay.web.api.endpoint import Endpoint, Handler
from outlay.web.api.openapi import openapi_document
from outlay.web.assets import Assets
from outlay.web.frame import Frame, wants
from outlay.web.middleware import Outermost
from outlay.web.problems import as_problem, request_id_of

_log = logging.getLogger(__name__)


def routes_of(endpoints: Sequence[Endpoint], pages: Sequence[BaseRoute], root_path: str) -> list[BaseRoute]:
    """Return every route of the site, those of the API first."""

    @cache  # most processes are never asked for it
    def document() -> bytes:
        return msgspec.json.encode(openapi_document(endpoints, root_path))

    async def openapi(request: Request) -> Response:
        del request
        return Response(document(), media_type="application/json")

    routes: list[BaseRoute] = _routes(endpoints)
    routes.append(Route("/api/v1/openapi.json", openapi, methods=["GET"]))
    routes.append(Route("/static/{name:path}", Assets().serve, methods=["GET"]))
    return [*routes, *pages]


def build_site(
    routes: Sequence[BaseRoute], frame: Frame, lifespan: Lifespan[Starlette], *, https: bool = False
) -> ASGIApp:
    """Return the whole site as one ASGI application; `https` says that people come by https alone."""
    app = Starlette(
        routes=routes,
        # Form tokens differ on every page, so compressing pages that hold them gives nothing away.
        middleware=[Middleware(GZipMiddleware, minimum_size=1024, compresslevel=7)],
        lifespan=lifespan,
        exception_handlers={
            OutlayError: _answers(frame),
            HTTPException: _answers(frame),
            ClientDisconnect: _heard_by_nobody,
            Exception: _answers(frame),
        },
    )
    # It would lead to the address without the root path, and a key sent to http: there is just nothing there.
    app.router.redirect_slashes = False
    return Outermost(app, frame.renderer.root_path, https=https)


def _routes(endpoints: Sequence[Endpoint]) -> list[BaseRoute]:
    """Return one route for each path, so that a refused method is told all that the path answers."""
    by_path: dict[str, dict[str, Handler]] = {}
    for each in endpoints:
        by_path.setdefault(each.path, {})[each.method] = each.handle
    return [Route(path, _by_method(handlers), methods=list(handlers)) for path, handlers in by_path.items()]


def _by_method(handlers: Mapping[str, Handler]) -> Handler:
    async def handle(request: Request) -> Response:
        return await handlers["GET" if request.method == "HEAD" else request.method](request)

    return handle


def _answers(frame: Frame) -> Any:  # noqa: ANN401 - Starlette's own type for handlers is narrower than what it accepts
    async def answer(request: Request, error: Exception) -> Response:
        known = _as_known(error)
        if known.status >= 500:
            fields = {"request_id": request_id_of(request), "path": request.url.path}
            _log.error("request failed", extra={"fields": fields}, exc_info=error)
        answered = frame.failure(request, known) if wants(request) == "page" else as_problem(request, known)
        if isinstance(error, HTTPException) and error.headers:
            answered.headers.update(error.headers)  # which methods are allowed
        return answered

    return answer


async def _heard_by_nobody(request: Request, error: Exception) -> Response:
    """Answer whoever went away in the middle of a body: no fault of ours, and nothing for the log."""
    del request, error
    return Response(status_code=HTTPStatus.BAD_REQUEST)


def _as_known(error: Exception) -> OutlayError:
    if isinstance(error, OutlayError):
        return error
    if isinstance(error, HTTPException) and error.status_code == 405:
        return MethodRefused("this address does not answer that method")
    if isinstance(error, HTTPException):
        return NotFound("there is nothing at this address")
    return OutlayError("something went wrong inside Outlay; the log holds the details under the request id")
