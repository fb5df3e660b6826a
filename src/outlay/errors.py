"""Every error Outlay can answer with, in one tree.

    OutlayError
    ├── InputError                 the caller sent something that can't be used
    │   ├── EventRejected          one event of a batch (its neighbours go on)
    │   │   ├── TokensContradict   two token counts can't both be true
    │   │   ├── FieldInvalid       a field is missing, of the wrong type, or out of bounds
    │   │   ├── TooOld             before the time that the organisation keeps data of
    │   │   └── TooManyDistinct    one user, agent, model … more than may be registered
    │   ├── BodyUnreadable         not JSON, not the declared encoding …
    │   ├── BodyTooLarge
    │   ├── MediaTypeUnsupported
    │   ├── QueryInvalid           a question that can't be asked
    │   ├── ExportTooLarge         more than a file of this format can hold
    │   ├── ImportFailed           a file that can't be imported at all
    │   ├── PriceInvalid           a price rule that can't hold
    │   ├── UpstreamInvalid        where calls may not go, or a credential that can't be one
    │   ├── SignOnInvalid          a sign-on provider that can't be as it was said
    │   ├── ScimInvalid            a SCIM request that can't be read or done
    │   └── ScimUnsupported        a part of SCIM that is optional, and not there
    ├── AccessError
    │   ├── NotSignedIn
    │   ├── KeyInvalid
    │   ├── Forbidden
    │   │   └── ModelRefused       the key may not call this model or provider
    │   ├── OrganisationSuspended   by who operates the installation
    │   ├── CsrfFailed
    │   ├── SignInFailed
    │   │   └── SignOnOnly         single sign-on is the organisation's only way in
    │   ├── SignOnFailed           single sign-on: the provider or Outlay refused
    │   ├── SecondFactorNeeded     the organisation asks for one, and there is none
    │   ├── ProofNeeded            who asks must show anew who they are
    │   ├── TooManyAttempts
    │   └── TooManyRequests        more in a minute than a key or an address may ask
    ├── NotFound
    ├── MethodRefused
    ├── HostUnknown                asked under a name that is not this Outlay's
    ├── Conflict                   the thing is there already, or has changed meanwhile
    ├── SecretUnreadable           a credential is sealed with a key that is missing
    └── Unavailable                try again shortly
        ├── ExportFailed           no room to make the file
        ├── IntakeFull
        ├── LedgerBusy
        ├── LedgerFailed
        ├── TooManyLive            one live page more than may be open
        ├── GatewayFull            one model call more than may be on its way
        └── UpstreamFailed         a provider can't be reached, or its answer broke off
            └── UpstreamTimeout    a provider took too long

The class docstring is the documented meaning; `code` is what programs match on and never changes; `status` is the HTTP
status. A message says what is wrong, where, and what to do. docs/reference/errors.md is tested against this file.
"""

from collections.abc import Iterator
from typing import ClassVar


class OutlayError(Exception):
    """Something went wrong inside Outlay; the request id finds it in the log."""

    code: ClassVar[str] = "internal_error"
    status: ClassVar[int] = 500

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class InputError(OutlayError):
    """What was sent can't be used as it is."""

    code = "input_invalid"
    status = 422


class EventRejected(InputError):
    """One event of a batch was refused; the others were not affected."""

    code = "event_rejected"


class TokensContradict(EventRejected):
    """Two token counts of one event can't both be true; the message names both."""

    code = "tokens_contradict"


class FieldInvalid(EventRejected):
    """A field is missing, unknown, of the wrong type or out of bounds; the message names it."""

    code = "field_invalid"


class TooOld(EventRejected):
    """The event lies before the time that its organisation keeps data of; the message says which day that begins."""

    code = "event_too_old"


class TooManyDistinct(EventRejected):
    """The event names a new user, agent, model … beyond how many of its kind may be registered (`max_new_entities`)."""

    code = "too_many_distinct"


class BodyUnreadable(InputError):
    """The body is not valid in the format its content type (or content encoding) announces."""

    code = "body_unreadable"
    status = 400


class BodyTooLarge(InputError):
    """The body, counted after decompression, or the number of events in it passes the limit; send smaller batches."""

    code = "body_too_large"
    status = 413


class MediaTypeUnsupported(InputError):
    """The content type or content encoding is none that this endpoint reads; the message lists those it does."""

    code = "media_type_unsupported"
    status = 415


class QueryInvalid(InputError):
    """The question names an unknown measure, dimension, filter or range; the message says which and what is known."""

    code = "query_invalid"


class ExportTooLarge(InputError):
    """The export has more rows than a file of this format can hold; the message names formats that can."""

    code = "export_too_large"


class ImportFailed(InputError):
    """The file can't be imported: missing, of another format, or without the columns that are needed."""

    code = "import_failed"


class PriceInvalid(InputError):
    """A price, multiplier or alias can't be used; the message names the rule and the reason."""

    code = "price_invalid"


class UpstreamInvalid(InputError):
    """An upstream can't be as it was said; the message says why, and never repeats a credential."""

    code = "upstream_invalid"

    def __init__(self, field: str, message: str) -> None:
        """`field` is the one that is wrong, as in `UpstreamSettings`, or `credential`."""
        super().__init__(message)
        self.field = field


class SignOnInvalid(InputError):
    """A sign-on provider can't be as it was said; the message says why, and never repeats a secret."""

    code = "sign_on_invalid"

    def __init__(self, field: str, message: str) -> None:
        """`field` is the one that is wrong, as in `ProviderSettings`, or `secret`."""
        super().__init__(message)
        self.field = field


class ScimInvalid(InputError):
    """A SCIM request can't be read or done; `scimType` says how, as RFC 7644 names it, and the message what."""

    code = "scim_invalid"
    status = 400

    def __init__(self, scim_type: str, message: str) -> None:
        """`scim_type` is one of RFC 7644, 3.12: invalidFilter, invalidPath, invalidValue …"""
        super().__init__(message)
        self.scim_type = scim_type


class ScimUnsupported(InputError):
    """This part of SCIM is optional, and Outlay does not have it; the message says what to ask instead."""

    code = "scim_unsupported"
    status = 501


class AccessError(OutlayError):
    """The caller may not do this."""

    code = "access_denied"
    status = 403


class NotSignedIn(AccessError):
    """There is no valid session or API key with the request."""

    code = "not_signed_in"
    status = 401


class KeyInvalid(AccessError):
    """The API key is unknown, revoked or expired."""

    code = "key_invalid"
    status = 401


class Forbidden(AccessError):
    """The signed-in person's role, or the key's scope, does not allow this; the message says who can grant it."""

    code = "forbidden"


class OrganisationSuspended(AccessError):
    """The organisation was suspended by the operator of this installation; its data is kept. Ask the operator."""

    code = "organisation_suspended"


class ModelRefused(Forbidden):
    """The API key may not call this model or provider, or which one can't be told; nothing was sent to the provider."""

    code = "model_not_allowed"


class CsrfFailed(AccessError):
    """The form came from elsewhere or its page is too old; reload the page and try again."""

    code = "csrf_failed"


class SignInFailed(AccessError):
    """E-mail and password don't match, a code is wrong, or a link is used up or expired."""

    code = "sign_in_failed"
    status = 401


class SignOnOnly(SignInFailed):
    """The organisation signs in by single sign-on only: passwords, invitations and mailed links let nobody in."""

    code = "sign_on_only"


class SignOnFailed(AccessError):
    """Single sign-on did not end in a sign-in; the message says whether the provider or Outlay refused, and why."""

    code = "sign_on_failed"


class SecondFactorNeeded(AccessError):
    """The organisation asks for a second factor, and this member has none yet; it is set up on the account page."""

    code = "second_factor_needed"


class ProofNeeded(AccessError):
    """What was asked needs a sign-in or a password given a short while ago; give it again."""

    code = "proof_needed"

    def __init__(self, message: str, back: str) -> None:
        """`back` is the path of the page that leads on afterwards."""
        super().__init__(message)
        self.back = back


class TooManyAttempts(AccessError):
    """Too many failed sign-ins, or mails asked for, from this address or for this account; wait as the message says."""

    code = "too_many_attempts"
    status = 429


class TooManyRequests(AccessError):
    """More requests in a minute than this key or address may make; wait as long as Retry-After says."""

    code = "too_many_requests"
    status = 429

    def __init__(self, message: str, wait_seconds: float = 1.0) -> None:
        super().__init__(message)
        self.retry_after = max(1, -int(-wait_seconds // 1))


class NotFound(OutlayError):
    """There is nothing here under this name, or not for this viewer."""

    code = "not_found"
    status = 404


class MethodRefused(OutlayError):
    """This address does not answer this HTTP method."""

    code = "method_refused"
    status = 405


class HostUnknown(OutlayError):
    """The request names a host that is not this Outlay's; use its address, or add the name to `allowed_hosts`."""

    code = "host_unknown"
    status = 421


class Conflict(OutlayError):
    """The thing exists already, or changed since it was read."""

    code = "conflict"
    status = 409


class SecretUnreadable(OutlayError):
    """A stored credential can't be read: the secret key it was sealed with is missing; the message says which."""

    code = "secret_unreadable"


class Unavailable(OutlayError):
    """Outlay can't take this right now; the same request may succeed shortly."""

    code = "unavailable"
    status = 503


class ExportFailed(Unavailable):
    """The file could not be written where temporary files go (disk full …); the message says where."""

    code = "export_failed"


class IntakeFull(Unavailable):
    """The intake queue is full; nothing of the request was stored; send it again after Retry-After seconds."""

    code = "intake_full"


class LedgerBusy(Unavailable):
    """Another process holds the ledger file; stop it, or point this one at another data directory."""

    code = "ledger_busy"


class LedgerFailed(Unavailable):
    """The ledger could not commit (disk full, file damaged …); nothing of the request was stored; see the log."""

    code = "ledger_failed"


class TooManyLive(Unavailable):
    """More live pages are open than may be (`live_streams`, `live_streams_per_member`); the page shows a snapshot."""

    code = "too_many_live"


class GatewayFull(Unavailable):
    """More model calls are on their way than may be at once (`gateway_calls`); nothing was sent to the provider."""

    code = "gateway_full"


class UpstreamFailed(Unavailable):
    """The provider can't be reached, is at an address that may not be called, or its answer broke off."""

    code = "upstream_failed"
    status = 502


class UpstreamTimeout(UpstreamFailed):
    """The provider could not be connected to, did not answer or stopped answering within the upstream's timeouts."""

    code = "upstream_timeout"
    status = 504


def every_error(root: type[OutlayError] = OutlayError) -> Iterator[type[OutlayError]]:
    """Yield `root` and all its descendants, parents first: what the reference page and the tests go through."""
    yield root
    for child in root.__subclasses__():
        yield from every_error(child)
