"""Serves the static files from memory: hashed addresses, cached for ever, compressed once at the start."""

import gzip
import mimetypes
from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from outlay.errors import NotFound
from outlay.web.render import STATIC_DIR

FOR_EVER: Final = "public, max-age=31536000, immutable"
SHORTLY: Final = "public, max-age=300"
_TYPES: Final = {".js": "text/javascript; charset=utf-8", ".css": "text/css; charset=utf-8"}


class Assets:
    def __init__(self) -> None:
        self._files: dict[str, tuple[bytes, bytes, str]] = {}
        for path in sorted(STATIC_DIR.rglob("*")):
            if path.is_file():
                content = path.read_bytes()
                kind = _TYPES.get(path.suffix) or mimetypes.guess_type(path.name)[0] or "application/octet-stream"
                name = path.relative_to(STATIC_DIR).as_posix()
                self._files[name] = (content, gzip.compress(content, 9, mtime=0), kind)

    async def serve(self, request: Request) -> Response:
        """Answer `/static/{name}`; with `?v=hash` it may be cached for ever."""
        found = self._files.get(request.path_params["name"])
        if found is None:
            raise NotFound("there is no such file")
        plain, packed, kind = found
        headers = {"cache-control": FOR_EVER if "v" in request.query_params else SHORTLY, "vary": "accept-encoding"}
        if "gzip" in request.headers.get("accept-encoding", ""):
            return Response(packed, headers=headers | {"content-encoding": "gzip"}, media_type=kind)
        return Response(plain, headers=headers, media_type=kind)
