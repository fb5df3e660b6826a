"""Tests an upstream: one cheap request on a connection of its own, and what the answer says of the credential.

It goes the way of every call: the same addresses are refused, nothing is followed. Of the answer only its status is
read, so whoever tests learns no more of a machine than that something answers there.
"""

import asyncio
from functools import partial
from typing import Final, Literal
from urllib.parse import urlsplit

from msgspec import Struct

from outlay.control.known_upstreams import check_path
from outlay.control.upstream import Timeouts, Upstream
from outlay.control.upstream_reach import reachable
from outlay.errors import UpstreamFailed
from outlay.outbound.pool import Pool, place_of

Verdict = Literal["works", "reached", "refused", "failing", "unreached"]

LONGEST_SECONDS: Final = 15.0


class Probed(Struct, frozen=True):
    """How a test ended; `status` is None, and `reason` says why, where nothing answered."""

    verdict: Verdict
    milliseconds: int
    status: int | None = None
    reason: str = ""


async def probe(upstream: Upstream) -> Probed:
    """Ask it for what needs the credential and costs nothing. Never raises for what an upstream does."""
    loop = asyncio.get_running_loop()
    path = check_path(upstream.name, upstream.provider)
    start = loop.time()
    try:
        status, reason = await _status_of(upstream, path or "/"), ""
    except UpstreamFailed as error:
        status, reason = None, error.message
    took = round((loop.time() - start) * 1000)
    if status is None:
        return Probed("unreached", took, None, reason)
    return Probed(_verdict(upstream, path, status), took, status)


def told(upstream: Upstream, probed: Probed) -> str:
    """Return the outcome in one sentence for people."""
    answers = f"“{upstream.name}” answers in {probed.milliseconds:,} ms"
    if probed.verdict == "unreached":
        return f"“{upstream.name}” can't be reached: {probed.reason}."
    if probed.verdict == "failing":
        return f"{answers}, but with an error of its own ({probed.status})."
    if probed.verdict == "refused":
        return f"{answers} and refuses the credential ({probed.status})."
    if probed.verdict == "works":
        return f"{answers} and takes the credential." if upstream.credential else f"{answers}."
    if upstream.credential is None:
        return f"{answers}. There is no credential to test."
    return f"{answers} ({probed.status}). Whether it takes the credential shows with the first call."


async def _status_of(upstream: Upstream, path: str) -> int:
    pool = Pool()
    limits = upstream.timeouts
    waits = Timeouts(first_byte_seconds=min(limits.first_byte_seconds or LONGEST_SECONDS, LONGEST_SECONDS))
    place = place_of(upstream.base_url)
    seconds = min(limits.connect_seconds, LONGEST_SECONDS)
    try:
        connection = await pool.connected(place, partial(reachable, upstream), seconds)
        target = urlsplit(upstream.base_url).path + path
        lines = [f"GET {target} HTTP/1.1", f"host: {place.authority}", "accept: application/json", "connection: close"]
        lines += [f"{name}: {value}" for name, value in _headers(upstream)]
        connection.begin("\r\n".join([*lines, "", ""]).encode("ascii"), waits)
        return (await connection.head()).status
    finally:
        pool.close()


def _headers(upstream: Upstream) -> list[tuple[str, str]]:
    """Return what authorises the request. A signature is not made: a request without tells as much as one with."""
    extra = list(upstream.headers)
    if upstream.provider == "anthropic":
        extra.append(("anthropic-version", "2023-06-01"))
    if upstream.credential is None or upstream.auth in {"none", "aws-sigv4"}:
        return extra
    if upstream.auth == "bearer":
        return [("authorization", f"Bearer {upstream.credential}"), *extra]
    return [(upstream.auth, upstream.credential), *extra]


def _verdict(upstream: Upstream, path: str, status: int) -> Verdict:
    if status >= 500:
        return "failing"
    was_tried = upstream.credential is not None and upstream.auth != "aws-sigv4" and bool(path)
    if status in {401, 403}:
        return "refused" if was_tried else "reached"
    return "works" if status < 300 and (was_tried or upstream.auth == "none") else "reached"
