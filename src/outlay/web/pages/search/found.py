"""What a search finds, as far as its asker may see it: names come from the registry, sight from the question layer.

Who sees the whole organisation may know what all is called. To others a name is told only of what their own events
have, so a search is no way to learn who else there is.
"""

from collections.abc import Sequence
from typing import Final
from urllib.parse import quote

from msgspec import Struct

from outlay.access.roles import may
from outlay.control.database import Control
from outlay.control.entities import EntityKind, Registry
from outlay.control.member_search import MemberSearch, find
from outlay.control.teams import TeamSearch, find_teams
from outlay.query.ask import Filter, Query
from outlay.query.questions import Asking
from outlay.query.timerange import LastDays
from outlay.web.gate import SignedIn
from outlay.web.menu import menu_of, settings_of
from outlay.web.render import Renderer
from outlay.web.view.names import Names

MOST_OF_A_KIND: Final = 6
MOST_CHARS: Final = 100
SEEN_DAYS: Final = 400
# What is searched among the ledger's ids, where a hit leads, and what it is called.
_KINDS: Final[tuple[tuple[EntityKind, str, str], ...]] = (
    ("user", "Users", "/explorer?by=user&f=user:is:{}"),
    ("agent", "Agents", "/agents/one?agent={}"),
    ("pod", "Pods", "/explorer?f=pod:is:{}"),
    ("model", "Models", "/explorer?by=model&f=model:is:{}"),
    ("api_key", "API keys", "/explorer?f=api_key:is:{}"),
)


class Hit(Struct, frozen=True):
    name: str
    sub: str
    href: str
    slot: int | None = None
    dot: bool = False


class Group(Struct, frozen=True):
    label: str
    hits: tuple[Hit, ...]


class Search(Struct, frozen=True):
    """Where a search looks."""

    control: Control
    registry: Registry
    renderer: Renderer

    def found(self, asking: Asking, who: SignedIn, text: str) -> tuple[Group, ...]:
        """Return what matches, kind by kind; nothing without a text."""
        if not text:
            return ()
        groups = [self._pages(who, text), self._members(asking, who, text), self._teams(who, text)]
        groups += [self._entities(asking, text, kind, label, path) for kind, label, path in _KINDS]
        return tuple(each for each in groups if each.hits)

    def _pages(self, who: SignedIn, text: str) -> Group:
        words = text.casefold()
        pages = [(each.label, each.path) for each in menu_of(who.viewer.role)]
        pages += [(each.label, each.path) for each in settings_of(who.viewer.role)]
        hits = [Hit(label, "", self.renderer.url(path)) for label, path in pages if words in label.casefold()]
        return Group("Pages", tuple(hits[:MOST_OF_A_KIND]))

    def _members(self, asking: Asking, who: SignedIn, text: str) -> Group:
        if not may(who.viewer.role, "manage_members"):
            return Group("Members", ())
        search = MemberSearch(at=asking.now, text=text, limit=MOST_OF_A_KIND)
        members = [each.member for each in find(self.control, who.member.organisation, search).members]
        url = self.renderer.url
        hits = (Hit(each.name, each.email, url(f"/settings/members/{each.id}")) for each in members)
        return Group("Members", tuple(hits))

    def _teams(self, who: SignedIn, text: str) -> Group:
        if not may(who.viewer.role, "see_teams"):
            return Group("Teams", ())
        only = None if who.viewer.sees_all else who.viewer.teams
        search = TeamSearch(text=text, only=only, limit=MOST_OF_A_KIND)
        teams = find_teams(self.control, who.member.organisation, search).teams
        url = self.renderer.url
        hits = (
            _coloured(each.name, each.id, url(f"/settings/teams/{quote(each.id, safe='')}"), each.colour_slot)
            for each in teams
        )
        return Group("Teams", tuple(hits))

    def _entities(self, asking: Asking, text: str, kind: EntityKind, label: str, path: str) -> Group:
        organisation, sees_all = asking.viewer.organisation, asking.viewer.sees_all
        ids = self.registry.search(organisation, kind, text, MOST_OF_A_KIND if sees_all else None)
        seen = ids if sees_all else _in_sight(asking, kind, ids)
        labels = Names(self.registry, organisation).of(kind, seen)
        hits = []
        for each in seen:
            found = labels[each]
            href = f"{self.renderer.root_path}{path.format(quote(each, safe=''))}"
            hits.append(_coloured(found.name, found.email or (each if found.name != each else ""), href, found.slot))
        return Group(label, tuple(hits))


def _coloured(name: str, sub: str, href: str, slot: int | None) -> Hit:
    return Hit(name, sub, href, slot, dot=True)


def _in_sight(asking: Asking, kind: str, ids: Sequence[str]) -> list[str]:
    """Return those of the ids that the asker's own events have."""
    if not ids:
        return []
    only = Filter(kind, "is", tuple(ids))
    query = Query(
        asking.viewer,
        measures=("requests",),
        dimensions=(kind,),
        range=LastDays(SEEN_DAYS),
        filters=(only,),
        limit=MOST_OF_A_KIND,
        rest="cut",
        totals=False,
    )
    return [key for row in asking.run(query).rows if (key := row.key[0]) is not None]
