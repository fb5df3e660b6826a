"""What the members of an organisation are called, looked up as pages ask: there may be thousands, a page names few."""

from collections.abc import Iterator, Mapping

from outlay.control.database import Control
from outlay.control.members import names_of


class MemberNames(Mapping[str, str]):
    """Names by member's id, for one page; a member of another organisation is not among them."""

    def __init__(self, control: Control, organisation: str) -> None:
        self._control = control
        self._organisation = organisation
        self._known: dict[str, str | None] = {}

    def __getitem__(self, member: str) -> str:
        if member not in self._known:
            self._known[member] = names_of(self._control, self._organisation, [member]).get(member)
        name = self._known[member]
        if name is None:
            raise KeyError(member)
        return name

    def __iter__(self) -> Iterator[str]:
        """Go through those that were asked for so far."""
        return (member for member, name in self._known.items() if name is not None)

    def __len__(self) -> int:
        return sum(1 for _ in self)
