"""The demo organisation itself: who is in it, which agents, pods and keys it has. What they do is in `traffic`.

Built from the spec alone: the same spec gives the same directory. The number of people grows with the number of
events, because a small organisation with a million calls would look as wrong as a large one with a hundred.
"""

import math
from collections.abc import Iterator
from datetime import datetime
from hashlib import blake2b
from random import Random
from typing import Final

from msgspec import Struct

from outlay.demo.agents import AGENTS, CUSTOMERS, KNOWLEDGE_GRAPHS, PODS, TEAM_SIZES, TEAMS, AgentPlan
from outlay.demo.models import LADDERS
from outlay.demo.names import MAIL_DOMAIN, as_slug, draw_names
from outlay.kit.period import Month, day_start, local_day, parse_zone
from outlay.usage import LLM, AgentType

MAX_EVENTS: Final = 10**9
MAX_MONTHS: Final = 120


class DemoSpec(Struct, frozen=True):
    """What to make: exactly `events` events over `months` calendar months of `zone`, the last of them running to `end`.

    Raises ValueError when that is not possible.
    """

    events: int
    months: int
    seed: int
    end: datetime
    zone: str

    def __post_init__(self) -> None:
        if not 1 <= self.events <= MAX_EVENTS:
            raise ValueError(f"events is {self.events}; it must be from 1 to {MAX_EVENTS}")
        if not 1 <= self.months <= MAX_MONTHS:
            raise ValueError(f"months is {self.months}; it must be from 1 to {MAX_MONTHS}")
        if self.end.tzinfo is None:
            raise ValueError(f"end is {self.end.isoformat()} without a zone; give a zone-aware time")
        parse_zone(self.zone)

    @property
    def month(self) -> Month:
        """The running month, in which the demo ends."""
        return Month.of(local_day(self.end, parse_zone(self.zone)))

    @property
    def start(self) -> datetime:
        """The first instant of the first month, in UTC."""
        month = self.month
        for _ in range(self.months - 1):
            month = month.previous
        return day_start(month.first_day, parse_zone(self.zone))

    @property
    def digest(self) -> str:
        """Eight characters that differ between specs, so that events of two demos never take each other's ids."""
        stated = f"{self.events} {self.months} {self.seed} {self.end.timestamp():.6f} {self.zone}"
        return blake2b(stated.encode(), digest_size=4).hexdigest()

    def random(self, purpose: str) -> Random:
        """Return a source of chance of its own for each purpose, so that one part can change without the others."""
        return Random(f"{self.seed} {purpose}")  # noqa: S311 -- deterministic data, nothing secret


class Person(Struct, frozen=True):
    id: str
    name: str
    email: str
    team: str | None  # None for the few who work for nobody in particular


class Team(Struct, frozen=True):
    id: str
    name: str


class Agent(Struct, frozen=True):
    """`models` are all it used over the demo's ladders, `services` what it uses beside a model."""

    id: str
    name: str
    agent_type: AgentType
    team: str | None
    models: tuple[str, ...]
    services: tuple[str, ...]
    parent: str | None = None


class Task(Struct, frozen=True):
    id: str
    name: str


class Pod(Struct, frozen=True):
    id: str
    name: str
    team: str
    tasks: tuple[Task, ...]


class ApiKey(Struct, frozen=True):
    """`user` is the person it belongs to, None for a service account; `customer` whose traffic goes through it."""

    id: str
    name: str
    team: str | None
    agent: str | None = None
    user: str | None = None
    customer: str | None = None


class Directory(Struct, frozen=True):
    people: tuple[Person, ...]
    teams: tuple[Team, ...]
    agents: tuple[Agent, ...]
    pods: tuple[Pod, ...]
    api_keys: tuple[ApiKey, ...]
    tags: tuple[str, ...]


def build_directory(spec: DemoSpec) -> Directory:
    people = _people(spec)
    return Directory(
        people=people,
        teams=tuple(Team(team, name) for team, name in TEAMS.items()),
        agents=tuple(_agent(plan) for plan in AGENTS),
        pods=tuple(Pod(pod, name, team, _tasks(pod)) for pod, (name, team) in PODS.items()),
        api_keys=(*_people_keys(), *_service_keys(spec, people)),
        tags=_tags(),
    )


def people_count(events: int) -> int:
    """Return 60 for ten thousand events, 300 for a million, at most 800 and at least one a team."""
    return min(800, max(len(TEAMS), round(60 * math.pow(events / 10_000, 0.35))))


def _people(spec: DemoSpec) -> tuple[Person, ...]:
    rng = spec.random("people")
    names = draw_names(rng)
    count = people_count(spec.events)
    teams: list[str | None] = list(TEAMS)
    teams += rng.choices(list(TEAM_SIZES), list(TEAM_SIZES.values()), k=count - len(teams))
    for nobody in range(len(TEAMS), count, 40):
        teams[nobody] = None
    return tuple(
        Person((slug := as_slug(name)), name, f"{slug}@{MAIL_DOMAIN}", team)
        for name, team in zip(names, teams, strict=False)
    )


def _agent(plan: AgentPlan) -> Agent:
    models = tuple(model.name for ladder, _ in plan.models for _, model in LADDERS[ladder])
    hosted = ("knowledge_graph",) if any(graph.agent == plan.id for graph in KNOWLEDGE_GRAPHS) else ()
    services = (LLM, *(service for service, _ in plan.services), *hosted)
    parent = next((other.id for other in AGENTS if other.sub_agent == plan.id), None)
    return Agent(plan.id, plan.name, plan.agent_type, plan.team, models, services, parent)


def _tasks(pod: str) -> tuple[Task, ...]:
    ids = dict.fromkeys(task for plan in AGENTS if plan.pod == pod for task in plan.tasks)
    return tuple(Task(task, task.replace("-", " ").capitalize()) for task in ids)


def _people_keys() -> Iterator[ApiKey]:
    """One key a team, which its people's agents use."""
    for team, name in TEAMS.items():
        yield ApiKey(f"key-{team}", f"{name} agents", team)
    yield ApiKey("key-playground", "Playground", None, agent="playground")


def _service_keys(spec: DemoSpec, people: tuple[Person, ...]) -> Iterator[ApiKey]:
    """The keys of API agents: one for each customer served, owned by one of the team; a batch job has its own."""
    rng = spec.random("keys")
    for plan in AGENTS:
        if plan.agent_type != "api":
            continue
        if plan.rhythm == "night":
            yield ApiKey(f"key-{plan.id}", f"{plan.name} (batch)", plan.team, plan.id)
            continue
        owners = [person.id for person in people if person.team == plan.team]
        for number in range(plan.clients):
            customer = CUSTOMERS[(number + len(plan.id)) % len(CUSTOMERS)]
            key = f"key-{plan.id}-{number + 1:02d}"
            yield ApiKey(key, f"{plan.name} · {customer}", plan.team, plan.id, rng.choice(owners), customer)


def _tags() -> tuple[str, ...]:
    environments = ("env:dev", "env:prod", "env:staging")
    features = sorted({f"feature:{task}" for plan in AGENTS for task in plan.tasks})
    graphs = (f"graph:{graph.id}" for graph in KNOWLEDGE_GRAPHS)
    return (*(f"customer:{name}" for name in CUSTOMERS), *environments, *features, *graphs)
