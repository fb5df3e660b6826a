"""Reads a request body with its limits: first as sent, then after undoing its encoding."""

from starlette.requests import Request

from outlay.errors import BodyTooLarge

MIB = 1024 * 1024


async def read_body(request: Request, most_bytes: int) -> bytes:
    """Return the body as sent; BodyTooLarge as soon as more than `most_bytes` have come, or are announced."""
    announced = request.headers.get("content-length", "")
    if announced.isascii() and announced.isdigit() and int(announced) > most_bytes:
        raise _too_large(most_bytes)
    chunks: list[bytes] = []
    size = 0
    async for chunk in request.stream():
        size += len(chunk)
        if size > most_bytes:
            raise _too_large(most_bytes)
        chunks.append(chunk)
    return b"".join(chunks)


def _too_large(most_bytes: int) -> BodyTooLarge:
    return BodyTooLarge(f"the body is larger than {most_bytes // MIB} MiB; send smaller batches")
