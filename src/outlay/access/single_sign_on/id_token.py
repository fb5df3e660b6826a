"""Checks ID tokens with Authlib. The one module that loads it (13 MB, a quarter of a second), so it is itself loaded by
name when the first token is there: see `exchange.py`.
"""

from datetime import datetime
from typing import Any, Final

from authlib.oidc.core import CodeIDToken  # type: ignore[import-untyped] # Authlib has no types
from joserfc import jwt
from joserfc.errors import InvalidKeyIdError, JoseError
from joserfc.jwk import JWKRegistry, Key, KeySet

from outlay.access.single_sign_on.claims import Expected, KeyUnknown, TokenRefused

# Signed with the provider's private key only: neither `none`, nor HMAC under a secret that others may know.
ALGORITHMS: Final = (
    "RS256",
    "RS384",
    "RS512",
    "PS256",
    "PS384",
    "PS512",
    "ES256",
    "ES384",
    "ES512",
    "Ed25519",
    "EdDSA",
)
LEEWAY_SECONDS: Final = 60
_KINDS: Final = frozenset({"RSA", "EC", "OKP"})
_MOST_KEYS: Final = 100


def claims_of(token: str, keys: dict[str, Any], expected: Expected, now: datetime) -> dict[str, Any]:
    """Return the claims of an ID token that answers what was asked.

    Raises TokenRefused when it does not, KeyUnknown (a TokenRefused) when it is signed with a key that is not in `keys`
    (a JSON Web Key Set), as after the provider changed its keys.
    """
    options: Any = {
        "iss": {"essential": True, "value": expected.issuer},
        "aud": {"essential": True, "value": expected.client_id},
    }
    params = {"nonce": expected.nonce, "client_id": expected.client_id, "access_token": expected.access_token}
    try:
        signed = jwt.decode(token, _usable(keys), list(ALGORITHMS))
        found: Any = CodeIDToken(signed.claims, signed.header, options, params)
        found.validate(now=int(now.timestamp()), leeway=LEEWAY_SECONDS)
    except InvalidKeyIdError:
        raise KeyUnknown("it is signed with a key that the provider does not publish") from None
    except JoseError as error:
        raise TokenRefused(error.description or error.error.replace("_", " ")) from None
    except (ValueError, TypeError, KeyError, AttributeError):  # what is no token at all, taken apart
        raise TokenRefused("it can't be read") from None
    return dict(found)


def _usable(keys: dict[str, Any]) -> KeySet:
    """Return the keys that may sign; one that can't be read must not spoil the others."""
    listed = keys.get("keys")
    found: list[Key] = []
    for each in listed[:_MOST_KEYS] if isinstance(listed, list) else ():
        if not isinstance(each, dict) or each.get("kty") not in _KINDS or each.get("use", "sig") != "sig":
            continue
        try:
            found.append(JWKRegistry.import_key(each))
        except (JoseError, ValueError, TypeError, KeyError):
            continue
    if not found:
        raise TokenRefused("the provider publishes no key to check signatures with")
    return KeySet(found)
