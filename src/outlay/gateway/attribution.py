"""Whom a call is attributed to: the key's bindings, then what headers say, then what the body says. One resolver.

Too long a value keeps its beginning and a digest (so two stay two), too many tags lose the last ones, and both are
marked. How many different users, agents … there may be is decided at intake.
"""

from collections.abc import Iterable, Mapping
from hashlib import blake2b
from typing import Any, Final

from msgspec import Struct

from outlay.access.keys import ApiKey
from outlay.gateway.claims import Told, claims_of
from outlay.usage import AGENT_TYPES

TAGS_CUT: Final = "tags_cut"
TEXT_CUT: Final = "text_cut"
BINDINGS: Final = ("user", "team", "agent", "agent_type", "pod")

_DIGEST_BYTES: Final = 6


class TextLimits(Struct, frozen=True):
    """How long a text and how many tags an event may have."""

    max_field_chars: int
    max_tags: int


class Attribution(Struct, frozen=True, gc=False):
    """`fields` are those of a UsageEvent; `cut` says what was too long or too many."""

    fields: dict[str, Any]
    cut: tuple[str, ...] = ()


def attributed(key: ApiKey | None, telling: Mapping[bytes, bytes], told: Told, limits: TextLimits) -> Attribution:
    """Return whom a call is attributed to."""
    claims = claims_of(telling, told)
    fields: dict[str, Any] = claims.fields
    if fields.get("agent_type") not in AGENT_TYPES:
        fields.pop("agent_type", None)
    bound: tuple[str, ...] = ()
    if key is not None:
        fields["api_key"] = key.id
        bound = key.tags
        for name in BINDINGS:
            value = getattr(key, name)
            if value is not None:
                fields[name] = value
    return _within(fields, bound, claims.tags, limits)


def _within(
    fields: dict[str, Any], bound: Iterable[str], claimed: Mapping[str, str], limits: TextLimits
) -> Attribution:
    cut: list[str] = []
    most = limits.max_field_chars
    for name, value in fields.items():
        if len(value) > most:
            fields[name] = shortened(value, most)
            cut.append(TEXT_CUT)
    tags = list(bound)
    taken = {tag.partition(":")[0] for tag in tags}
    tags += [f"{key}:{value}" for key, value in claimed.items() if key not in taken]
    if len(tags) > limits.max_tags:
        del tags[limits.max_tags :]
        cut.append(TAGS_CUT)
    if tags:
        fields["tags"] = tuple(dict.fromkeys(shortened(tag, most) for tag in tags))
    return Attribution(fields, tuple(dict.fromkeys(cut)))


def shortened(text: str, most: int) -> str:
    """Return a text of at most `most` characters; of a longer one its beginning and a digest of all of it."""
    if len(text) <= most:
        return text
    digest = blake2b(text.encode(errors="replace"), digest_size=_DIGEST_BYTES).hexdigest()
    return f"{text[: most - len(digest) - 1]}~{digest}"
