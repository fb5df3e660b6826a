"""Protection against forms sent from other sites: a token bound to the session, and the browser's own word on origin.

Both are checked for every request that changes something under a session cookie. A form before the sign-in has no
session yet; there the origin alone is checked.
"""

import base64
import binascii
import hmac
import secrets
from typing import Final

from outlay.access.sessions import Session
from outlay.errors import CsrfFailed

_NONCE_BYTES: Final = 16
_FAILED: Final = "this form came from elsewhere or its page is too old; reload the page and try again"


def csrf_token(session: Session) -> str:
    """Return a token for one page; each differs, so compression of the page can't give it away."""
    nonce = secrets.token_bytes(_NONCE_BYTES)
    return base64.urlsafe_b64encode(nonce + _signature(session, nonce)).decode()


def check_csrf(session: Session, token: str | None) -> None:
    """Raise CsrfFailed unless the token was made for this session."""
    try:
        raw = base64.b64decode((token or "").encode(), altchars=b"-_", validate=True)
    except (binascii.Error, UnicodeEncodeError):
        raise CsrfFailed(_FAILED) from None
    nonce, signature = raw[:_NONCE_BYTES], raw[_NONCE_BYTES:]
    if len(nonce) < _NONCE_BYTES or not hmac.compare_digest(signature, _signature(session, nonce)):
        raise CsrfFailed(_FAILED)


def check_origin(own_origin: str, origin: str | None, sec_fetch_site: str | None) -> None:
    """Raise CsrfFailed when the browser says that the request came from another site.

    `own_origin` is scheme and host as people reach Outlay; `origin` and `sec_fetch_site` are the request's headers.
    A client that sends neither is no browser and carries no cookie that another site could misuse.
    """
    if sec_fetch_site is not None and sec_fetch_site not in {"same-origin", "none"}:
        raise CsrfFailed(_FAILED)
    # Behind a proxy the scheme we see may differ from the one the browser shows; a browser's "same-origin" is final.
    if origin is not None and sec_fetch_site != "same-origin" and origin.lower() != own_origin.lower():
        raise CsrfFailed(_FAILED)


def _signature(session: Session, nonce: bytes) -> bytes:
    return hmac.digest(session.csrf_secret, nonce, "sha256")
