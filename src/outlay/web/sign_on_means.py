"""What pages and API of single sign-on work with, and the one rule they share: who opens the private network."""

from msgspec import Struct

from outlay.access.single_sign_on.flow import SingleSignOn
from outlay.control.database import Control
from outlay.control.sign_on_providers import ProviderBook, SignOnProvider
from outlay.kit.clock import Clock


class SignOnMeans(Struct, frozen=True):
    """`private` is the setting: whether admins may name providers in the private network."""

    control: Control
    book: ProviderBook
    sign_on: SingleSignOn
    clock: Clock
    private: bool

    def may_be_private(self, issuer: str, kept: SignOnProvider | None) -> bool:
        """Whether a provider may lie in the private network: where the setting says so; else one that does, unmoved."""
        lies = kept is not None and kept.settings.allow_private and issuer == kept.settings.issuer
        return self.private or lies
