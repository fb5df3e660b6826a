"""A real OpenID provider in a thread: idpyoidc over HTTP on loopback, with ways to have it misbehave.

It signs whoever asks in as `person`, as if they had typed their password there.
"""

import json
import logging
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit

from idpyoidc.server import Server  # type: ignore[import-untyped] # it has no types
from idpyoidc.server.configure import OPConfiguration  # type: ignore[import-untyped] # nor has this
from joserfc import jws, jwt
from joserfc.jwk import RSAKey

CLIENT: Final = "outlay"
SECRET: Final = "a-secret-that-only-both-know"
_KEYS: Final = [{"type": "RSA", "use": ["sig"]}, {"type": "EC", "crv": "P-256", "use": ["sig"]}]
_CLAIMS: Final = ("email", "email_verified", "name", "groups")

Tamper = Callable[[dict[str, Any]], dict[str, Any]]


class OpenIdProvider:
    """`tamper` changes what the provider would say in an ID token; `sign` makes the token of it.

    Keys are the provider's own but kept here, because idpyoidc forgets its codes and tokens when its keys change.
    """

    def __init__(self, issuer: str) -> None:
        self.issuer = issuer
        self.person = "diana"
        self.people: dict[str, dict[str, Any]] = {}
        self.tamper: Tamper | None = None
        self.sign: Callable[[dict[str, Any]], str] = self.signed
        self.metadata: dict[str, Any] = {}  # replaces what is published
        self.asked: list[str] = []
        self.server = _server(issuer, self.people)
        self.change_keys()

    def register(self, redirect_uri: str, method: str = "client_secret_basic") -> None:
        self.server.context.cdb[CLIENT] = {
            "client_secret": SECRET,
            "redirect_uris": [(redirect_uri, "")],
            "client_salt": "salted",
            "token_endpoint_auth_method": method,
            "response_types": ["code"],
            "allowed_scopes": ["openid", "email", "profile"],
        }
        self.server.keyjar.add_symmetric(CLIENT, SECRET)

    def has(self, person: str, **claims: Any) -> None:
        """Have a person there, and signed in."""
        self.person = person
        self.people[person] = claims

    def change_keys(self) -> None:
        """Sign with a key that nobody has seen yet, and publish it alone."""
        self._key = RSAKey.generate_key(2048, {"kid": secrets.token_hex(8), "use": "sig"}, private=True)

    def keys(self) -> list[dict[str, Any]]:
        """Return what is published."""
        return [self._key.as_dict(private=False)]

    def signed(self, claims: dict[str, Any], **header: str) -> str:
        """Return an ID token of these claims, signed as this provider signs."""
        return jwt.encode({"alg": "RS256", "kid": str(self._key.kid)} | header, claims, self._key)

    def answer(self, method: str, target: str, headers: dict[str, str], body: str) -> tuple[int, dict[str, str], str]:
        """Return status, headers and body."""
        parts = urlsplit(target)
        self.asked.append(parts.path)
        if parts.path.endswith("openid-configuration"):
            return 200, _JSON, json.dumps(self._configuration())
        if parts.path == "/jwks":
            return 200, _JSON, json.dumps({"keys": self.keys()})
        if parts.path == "/authorization":
            return self._authorize({name: values[0] for name, values in parse_qs(parts.query).items()})
        if parts.path == "/token":
            return self._token({"headers": headers, "method": method, "url": target}, body)
        if parts.path == "/userinfo":
            return self._userinfo({"headers": headers, "method": method, "url": target})
        return 404, _JSON, "{}"

    def _configuration(self) -> dict[str, Any]:
        made = self.server.get_endpoint("provider_config").process_request({})["response_args"]
        published = {name: value for name, value in dict(made).items() if name != "jwks"}
        endpoints = {f"{name}_endpoint": f"{self.issuer}/{name}" for name in ("authorization", "token", "userinfo")}
        return published | endpoints | {"issuer": self.issuer, "jwks_uri": f"{self.issuer}/jwks"} | self.metadata

    def _authorize(self, query: dict[str, str]) -> tuple[int, dict[str, str], str]:
        endpoint = self.server.get_endpoint("authorization")
        self.server.context.authn_broker["anon"]["method"].user = self.person
        asked = endpoint.parse_request(query)
        done = endpoint.process_request(asked)
        if "error" in done:
            return 400, _JSON, json.dumps(dict(done))
        return 302, {"location": endpoint.do_response(request=asked, **done)["response"]}, ""

    def _token(self, http_info: dict[str, Any], body: str) -> tuple[int, dict[str, str], str]:
        endpoint = self.server.get_endpoint("token")
        asked = endpoint.parse_request(body, http_info=http_info)
        done = asked if "error" in asked else endpoint.process_request(asked)
        if "error" in done:
            return 400, _JSON, json.dumps({"error": done["error"]})
        tokens = dict(done["response_args"])
        claims = json.loads(jws.extract_compact(tokens["id_token"].encode()).payload)
        tokens["id_token"] = self.sign(claims if self.tamper is None else self.tamper(claims))
        return 200, _JSON, json.dumps(tokens)

    def _userinfo(self, http_info: dict[str, Any]) -> tuple[int, dict[str, str], str]:
        endpoint = self.server.get_endpoint("userinfo")
        asked = endpoint.parse_request({}, http_info=http_info)
        done = endpoint.process_request(asked)
        return 200, _JSON, json.dumps(dict(done["response_args"]) | self.people[self.person])


_JSON: Final = {"content-type": "application/json"}


@contextmanager
def openid_provider() -> Iterator[OpenIdProvider]:
    """Yield a provider that answers on loopback."""
    logging.getLogger("idpyoidc").setLevel(logging.CRITICAL)
    http = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    provider = OpenIdProvider(f"http://127.0.0.1:{http.server_port}")
    http.provider = provider  # type: ignore[attr-defined]
    thread = Thread(target=http.serve_forever, daemon=True)
    thread.start()
    try:
        yield provider
    finally:
        http.shutdown()
        http.server_close()
        thread.join()


class _Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self._answer()

    def do_POST(self) -> None:
        self._answer()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the standard library's name
        del format, args

    def _answer(self) -> None:
        provider: OpenIdProvider = self.server.provider  # type: ignore[attr-defined]
        body = self.rfile.read(int(self.headers.get("content-length", 0))).decode()
        headers = {name.lower(): value for name, value in self.headers.items()}
        status, answered, text = provider.answer(self.command, self.path, headers, body)
        self.send_response(status)
        for name, value in answered.items():
            self.send_header(name, value)
        self.send_header("content-length", str(len(text.encode())))
        self.end_headers()
        self.wfile.write(text.encode())


def _server(issuer: str, people: dict[str, dict[str, Any]]) -> Server:
    package = "idpyoidc.server"
    endpoints = {
        "provider_config": (
            ".well-known/openid-configuration",
            f"{package}.oidc.provider_config.ProviderConfiguration",
        ),
        "authorization": ("authorization", f"{package}.oidc.authorization.Authorization"),
        "token": ("token", f"{package}.oidc.token.Token"),
        "userinfo": ("userinfo", f"{package}.oidc.userinfo.UserInfo"),
    }
    kwargs = {"token": {"client_authn_method": ["client_secret_post", "client_secret_basic"]}}
    crypt = {"kwargs": {"password": secrets.token_hex(8), "salt": secrets.token_hex(8), "iterations": 1}}
    token = {"class": f"{package}.token.jwt_token.JWTToken", "kwargs": {"lifetime": 3600, "aud": [issuer]}}
    claims = {"class": f"{package}.token.id_token.IDToken", "kwargs": {"base_claims": dict.fromkeys(_CLAIMS)}}
    configured = {
        "issuer": issuer,
        "key_conf": {"key_defs": _KEYS},
        "token_handler_args": {
            "code": {"lifetime": 600, "kwargs": {"crypt_conf": crypt}},
            "token": token,
            "id_token": claims,
        },
        "endpoint": {
            name: {"path": path, "class": class_, "kwargs": kwargs.get(name, {})}
            for name, (path, class_) in endpoints.items()
        },
        "authentication": {
            "anon": {"acr": "urn:password", "class": f"{package}.user_authn.user.NoAuthn", "kwargs": {"user": "diana"}}
        },
        "userinfo": {"class": f"{package}.user_info.UserInfo", "kwargs": {"db": people}},
        "add_on": {
            "pkce": {
                "function": f"{package}.oauth2.add_on.pkce.add_support",
                "kwargs": {"essential": True, "code_challenge_methods": {"S256": True}},
            }
        },
    }
    return Server(OPConfiguration(conf=configured, base_path="", domain="127.0.0.1"), cwd="/")
