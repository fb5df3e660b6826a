"""Who calls what how often: the links from people and keys to agents, in groups that are busy at the same hours.

A client's weight is the share ServeGen measured, so a few are heavy and most are hardly there. Nothing here makes an
event; `runs` does.
"""

from collections.abc import Callable, Iterator
from datetime import date
from itertools import accumulate
from random import Random
from typing import Final

from msgspec import Struct, structs

from outlay.demo.agents import AGENTS, SPIKE_AGENT, AgentPlan
from outlay.demo.calls import Draw, draw_from_calls, draw_from_client, length_table
from outlay.demo.excerpt import Excerpt, TraceClient
from outlay.demo.models import LADDERS, Choice, choice_on
from outlay.demo.organisation import ApiKey, DemoSpec, Directory, Person
from outlay.demo.rhythm import HOURS_A_WEEK, Hour, measured_days, measured_week, night_week, office_week

SHIFTS: Final = (-1, 0, 0, 2)  # hours that a quarter of the people each begin later than most
SPIKE_LOAD: Final = 0.12
NIGHT_CLIENTS: Final = 4
LATE_JOINERS: Final = 0.35
WEEK_DAYS: Final = 7
ALWAYS: Final = (1.0,) * 14

_PLANS: Final = {plan.id: plan for plan in AGENTS}


class Link(Struct):
    """One user or key using one agent. `session_id` and `session_until_us` are what `runs` remembers of it."""

    plan: AgentPlan
    user: str | None
    team: str | None
    api_key: str
    kinds: tuple[tuple[str | None, tuple[str, ...]], ...]  # (task, tags) of its runs, the usual ones first
    weight: float
    draw: Draw
    lengths: tuple[int, ...]
    from_day: int = 0
    sub: "Link | None" = None
    session_id: str | None = None
    session_until_us: int = 0


class Group(Struct):
    """Links that are busy at the same hours. `share` is the group's part of all events in an average hour."""

    links: list[Link]
    share: float
    week: tuple[float, ...]
    days: tuple[float, ...] = ALWAYS
    mean_calls: float = 1.0
    active: list[Link] = []
    reach: list[float] = []

    def load(self, hour: Hour) -> float:
        """Return how many events the group makes in an hour, in parts of an average hour of the first month."""
        return self.share * self.week[hour.hour_of_week] * self.days[hour.day_number % 14] * hour.level

    def renew(self, day_number: int, rng: Random) -> None:
        """Settle who is there this week: those who have joined, each a little more or less busy than usual."""
        joined = [link for link in self.links if link.from_day <= day_number] or self.links[:1]
        self.active = joined
        # A pick is a whole run, so a link with long runs is picked less often for the same number of calls.
        self.reach = list(accumulate(link.weight * rng.uniform(0.5, 1.5) for link in joined))


class Models:
    """What each agent's runs use today."""

    def __init__(self) -> None:
        self._day: date | None = None
        self._today: dict[str, tuple[tuple[float, Choice], ...]] = {}

    def of(self, plan: AgentPlan, day: date) -> tuple[tuple[float, Choice], ...]:
        """Return `(share up to here, choice)` for each ladder of the agent."""
        if day != self._day:
            self._day, self._today = day, {}
        found = self._today.get(plan.id)
        if found is None:
            reach = accumulate(share for _, share in plan.models)
            choices = (choice_on(day, LADDERS[ladder], plan.lag_days) for ladder, _ in plan.models)
            found = self._today[plan.id] = tuple(zip(reach, choices, strict=True))
        return found


class Traffic:
    """Builds all groups of an organisation; `rand` is the chance that draws of every event share."""

    def __init__(self, spec: DemoSpec, directory: Directory, excerpt: Excerpt, rand: Callable[[], float]) -> None:
        self._spec = spec
        self._directory = directory
        self._excerpt = excerpt
        self._rand = rand
        self._rng = spec.random("traffic")
        self._days = (spec.end - spec.start).days + 1

    def groups(self) -> list[Group]:
        """Return every group that is busy on ordinary days."""
        groups = [*self._office(), *self._measured(), self._night()]
        for group in groups:
            weight = sum(link.weight for link in group.links)
            group.mean_calls = sum(link.weight * run_size(link) for link in group.links) / weight
        return groups

    def _office(self) -> Iterator[Group]:
        people = self._directory.people
        skew = self._skew(len(people))
        shifts = [self._rng.choice(range(len(SHIFTS))) for _ in people]
        late = [self._rng.random() < LATE_JOINERS for _ in people]
        from_day = [int(self._rng.random() * self._days * 0.9) if joins else 0 for joins in late]
        links: list[list[Link]] = [[] for _ in SHIFTS]
        for plan in AGENTS:
            if plan.rhythm != "office" or not plan.teams:
                continue
            users = [at for at, person in enumerate(people) if self._uses(person, plan, at)]
            weight = sum(skew[at] for at in users)
            for at in users:
                link = self._person_link(plan, people[at], plan.share * skew[at] / weight)
                link.from_day = from_day[at]
                links[shifts[at]].append(link)
        for shift, of_shift in zip(SHIFTS, links, strict=True):
            if of_shift:
                share = sum(link.weight for link in of_shift)
                for link in of_shift:
                    link.weight /= run_size(link)
                yield Group(of_shift, share, office_week(shift))

    def _uses(self, person: Person, plan: AgentPlan, at: int) -> bool:
        if person.team is None:
            return plan.team is None
        # The first person of every team uses all that the team has, so that no agent is without a user.
        return person.team in plan.teams and (at < len(self._directory.teams) or self._rng.random() < 0.7)

    def _person_link(self, plan: AgentPlan, person: Person, weight: float) -> Link:
        key = "key-playground" if plan.team is None or person.team is None else f"key-{person.team}"
        link = self._link(plan, weight, ("env:dev", "env:prod"))
        link.user, link.team, link.api_key = person.id, person.team, key
        if plan.sub_agent is not None:
            link.sub = self._person_link(_PLANS[plan.sub_agent], person, 0.0)
        return link

    def _measured(self) -> Iterator[Group]:
        for plan in AGENTS:
            if plan.rhythm != "measured":
                continue
            clients = self._clients(plan, plan.clients)
            measured = sum(client.share_ppm for client in clients)
            for client, key in zip(clients, self._keys(plan), strict=False):
                share = plan.share * client.share_ppm / measured
                link = self._key_link(plan, key, share, client)
                yield Group([link], share, measured_week(client.hours), measured_days(client.days))

    def _night(self) -> Group:
        links: list[Link] = []
        for plan in AGENTS:
            if plan.rhythm == "night":
                for client in self._clients(plan, NIGHT_CLIENTS) or (None,):
                    link = self._key_link(plan, self._keys(plan)[0], plan.share, client)
                    link.weight = plan.share / run_size(link) / (NIGHT_CLIENTS if client else 1)
                    links.append(link)
        share = sum(plan.share for plan in AGENTS if plan.rhythm == "night")
        return Group(links, share, night_week())

    def stuck(self) -> Group:
        """Return one person's agent going round in circles: each call reads everything again and caches nothing."""
        stuck = structs.replace(
            _PLANS[SPIKE_AGENT], calls=(12, 30), scale=8.0, cached=0.0, step=2600, services=(), tasks=("root-cause",)
        )
        person = next(person for person in self._directory.people if person.team == stuck.team)
        link = self._person_link(stuck, person, 1.0)
        return Group([link], SPIKE_LOAD, (1.0,) * HOURS_A_WEEK)

    def _key_link(self, plan: AgentPlan, key: ApiKey, weight: float, client: TraceClient | None) -> Link:
        link = self._link(plan, weight, ("env:prod",), client)
        link.user, link.team, link.api_key = key.user, key.team, key.id
        if key.customer is not None:
            link.kinds = tuple((task, (f"customer:{key.customer}", *tags)) for task, tags in link.kinds)
        return link

    def _link(
        self, plan: AgentPlan, weight: float, environments: tuple[str, ...], client: TraceClient | None = None
    ) -> Link:
        kinds = tuple(
            (task, (environment,) if task is None else (environment, f"feature:{task}"))
            for task in plan.tasks or (None,)
            for environment in environments
        )
        return Link(plan, None, None, "", kinds, weight, self._draw(plan, client), length_table(*plan.calls))

    def _draw(self, plan: AgentPlan, client: TraceClient | None) -> Draw:
        if plan.source in self._excerpt.calls:
            return draw_from_calls(self._excerpt.calls[plan.source], plan.scale, self._rand)
        drawn = client or self._rng.choice(self._excerpt.of_model(plan.source)[:30])
        return draw_from_client(drawn, plan.scale, self._rand)

    def _clients(self, plan: AgentPlan, wanted: int) -> tuple[TraceClient, ...]:
        """Deal the measured clients of a kind out to the agents that draw from it, the busiest first."""
        sharing = [other.id for other in AGENTS if other.source == plan.source and other.rhythm != "office"]
        return self._excerpt.of_model(plan.source)[sharing.index(plan.id) :: len(sharing)][:wanted]

    def _keys(self, plan: AgentPlan) -> list[ApiKey]:
        return [key for key in self._directory.api_keys if key.agent == plan.id]

    def _skew(self, count: int) -> list[float]:
        """Return a weight for each of `count` people, spread as ServeGen's clients are and dealt out by chance."""
        shares = sorted(client.share_ppm for client in self._excerpt.of_model("m-large"))
        weights = [float(shares[int((at + 0.5) / count * len(shares))]) for at in range(count)]
        self._rng.shuffle(weights)
        return weights


def run_size(link: Link) -> float:
    """Return how many events a run of a link makes on average, other services and sub-agents included."""
    own = sum(link.lengths) / len(link.lengths)
    if link.sub is None:
        return own
    return own + link.plan.sub_agent_share * sum(link.sub.lengths) / len(link.sub.lengths)
