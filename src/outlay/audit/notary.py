"""What proves the audit trail from outside the database: a key that signs each chain's end, and a witness on this host.

The signature stops who can write the database from making another chain of it; the witness, a file for each chain with
the furthest head this host saw committed, stops them from putting an older, rightly signed state back.
"""

import fcntl
import hashlib
import logging
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final, Protocol

import msgspec
from msgspec import Struct

from outlay.control.trail import Head, Signature
from outlay.errors import InputError

WITNESS_FOLDER: Final = "audit"

_LOCK_FILE: Final = ".lock"
_ENDING: Final = ".json"
_NAME_CHARS: Final = 32

_log = logging.getLogger(__name__)


class Macs(Protocol):
    """What holds the secret keys: `access.secrets.SecretKeys`."""

    def mac(self, message: bytes) -> tuple[str, bytes]: ...

    def made(self, message: bytes, key: str, tag: bytes) -> bool: ...


class _Seen(Struct, frozen=True):
    organisation: str
    number: int
    hash: str


class TrailNotary:
    """Signs heads and remembers them; safe to use from several threads and beside other processes."""

    def __init__(self, macs: Macs, directory: Path) -> None:
        """`directory` is the data directory."""
        self._macs = macs
        self._folder = directory / WITNESS_FOLDER

    def sign(self, head: Head) -> Signature:
        return Signature(*self._macs.mac(_message(head)))

    def vouches(self, head: Head, signature: Signature) -> bool:
        return self._macs.made(_message(head), signature.key, signature.mac)

    def contradicts(self, head: Head) -> bool:
        """Whether this machine saw more of the chain than ends here, or another end of as many entries.

        A note that can't be read contradicts nothing: it is a finding by itself, and keeps nobody from work.
        """
        try:
            known = self.witnessed(head.organisation)
        except InputError:
            return False
        return known is not None and known.number >= head.number and known != head

    def saw(self, head: Head, *, anew: bool = False) -> None:
        """Remember the head where it is further than what was seen, or that was of another chain.

        The change is committed by now: a disk that can't take the note is told of in the log and fails nobody.
        """
        try:
            with self._locked():
                known = None if anew else self.witnessed(head.organisation)
                if known is None or known.number < head.number:
                    self._write(head)
        except (OSError, InputError):
            _log.exception("can't note how far the audit trail goes")

    def witnessed(self, organisation: str) -> Head | None:
        """Return the furthest head this machine saw; InputError where the note can't be read."""
        path = self._path(organisation)
        try:
            return _as_head(path.read_bytes())
        except FileNotFoundError:
            return None
        except (OSError, msgspec.MsgspecError, ValueError) as error:
            raise InputError(f"can't read {path}, which says how far the audit trail went: {error}") from error

    def chains(self) -> set[str]:
        """Return every chain this machine ever saw an entry of, as far as the notes can be read."""
        found = set()
        for path in self._folder.glob(f"*{_ENDING}"):
            with suppress(OSError, msgspec.MsgspecError, ValueError):
                found.add(_as_head(path.read_bytes()).organisation)
        return found

    def forget(self, organisation: str) -> None:
        """Forget a chain that is deleted on purpose."""
        self._path(organisation).unlink(missing_ok=True)

    def _path(self, organisation: str) -> Path:
        named = hashlib.sha256(organisation.encode()).hexdigest()[:_NAME_CHARS]
        return self._folder / f"{named}{_ENDING}"

    @contextmanager
    def _locked(self) -> Iterator[None]:
        self._folder.mkdir(mode=0o700, exist_ok=True)
        handle = os.open(self._folder / _LOCK_FILE, os.O_CREAT | os.O_RDWR, 0o600)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield
        finally:
            os.close(handle)

    def _write(self, head: Head) -> None:
        # Not synced: after a power cut the note may be older than the chain, never ahead of it or half written.
        fresh = self._folder / f".{secrets.token_hex(8)}"
        with os.fdopen(os.open(fresh, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb") as file:
            file.write(msgspec.json.encode(_Seen(head.organisation, head.number, head.hash.hex())))
        fresh.replace(self._path(head.organisation))


def _message(head: Head) -> bytes:
    return b"\n".join((b"head of an audit trail", head.organisation.encode(), b"%d" % head.number, head.hash))


def _as_head(content: bytes) -> Head:
    seen = msgspec.json.decode(content, type=_Seen)
    return Head(seen.organisation, seen.number, bytes.fromhex(seen.hash))
