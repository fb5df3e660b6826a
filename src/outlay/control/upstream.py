"""One upstream: where calls of an organisation go under one name, how they are authorised, how long they may take.

The datum alone. It holds the credential in plain text, so it lives in memory only and is never logged or shown.
"""

from typing import Final, Literal, get_args
from urllib.parse import urlsplit

from msgspec import Struct

Auth = Literal["bearer", "x-api-key", "api-key", "x-goog-api-key", "aws-sigv4", "none"]

AUTHS: Final[tuple[str, ...]] = get_args(Auth)
# These own the first segment of a path. Any other name might be that of a page one day, so it is reached under VIA.
OPEN_NAMES: Final = frozenset(
    {"openai", "anthropic", "gemini", "azure", "mistral", "openrouter"}
    | {"ollama", "bedrock", "groq", "deepseek", "xai", "cohere"}
)
VIA: Final = "/via"


class Timeouts(Struct, frozen=True, kw_only=True):
    """Seconds a call may take to connect, until the answer begins, between two pieces of it, and as a whole.

    None is no limit. Providers think for minutes before they answer, so only the connection is short.
    """

    connect_seconds: float = 10.0
    first_byte_seconds: float | None = 600.0
    idle_seconds: float | None = 300.0
    total_seconds: float | None = None


class Upstream(Struct, frozen=True, kw_only=True):
    """An upstream as it is called.

    The caller's path after the name is appended to `base_url`, so that of OpenAI is `https://api.openai.com`: its SDK
    asks for `/openai/v1/…`. What it repeats of a path in `base_url` counts once: both `/openrouter/v1/models` and
    `/openrouter/api/v1/models` reach `https://openrouter.ai/api/v1/models`. `credential` is None where there is none
    and callers must bring their own. With `aws-sigv4` it reads `access key id:secret access key[:session token]`; the
    region is in `base_url` (or in `region`). `reading` names an API shape of `capture.readings` where the path doesn't
    tell it. `headers` go with every call.
    """

    name: str
    provider: str
    base_url: str
    auth: Auth = "bearer"
    credential: str | None = None
    reading: str | None = None
    headers: tuple[tuple[str, str], ...] = ()
    region: str | None = None
    allow_pass_through: bool = False
    allow_private: bool = False
    timeouts: Timeouts = Timeouts()

    @property
    def host(self) -> str:
        return urlsplit(self.base_url).hostname or ""

    def __repr__(self) -> str:
        return f"Upstream({self.name!r}, {self.provider!r}, {self.base_url!r}, {self.auth!r})"


def path_of(name: str) -> str:
    """Return the path (below the root path) that callers put in front of the provider's own: `/openai`, `/via/ours`."""
    return f"/{name}" if name in OPEN_NAMES else f"{VIA}/{name}"
