"""Prices in words: what a rule says, where a price is from, what a repricing is about."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final
from zoneinfo import ZoneInfo

from msgspec.structs import replace

from outlay.control.price_rules import RuleChange, StoredRule
from outlay.control.repricings import Move, Repricing, Scope
from outlay.control.team_names import TeamNames
from outlay.kit.period import local_day
from outlay.pricing.book import PriceLine, PriceShown
from outlay.web import format as text

KIND_NAMES: Final[Mapping[str, str]] = {
    "price": "Price",
    "multiplier": "Multiplier",
    "service": "Service",
    "alias": "Alias",
}
_MILLION: Final = 1_000_000
_METERS: Final = {
    "input": "input",
    "output": "output",
    "cache_read": "cache reads",
    "cache_write_5m": "cache writes",
    "cache_write_1h": "1 h cache writes",
}
STATE_NAMES: Final[Mapping[str, str]] = {
    "previewing": "being looked at",
    "ready": "to be decided",
    "writing": "being written",
    "done": "done",
    "failed": "broke off",
    "dropped": "discarded",
}


def subject(kind: str, body: Mapping[str, str]) -> str:
    """Return what a rule is about."""
    if kind == "service":
        return f"{body.get('service', '')}, {body.get('unit', '')}"
    if kind == "alias":
        return body.get("name", "")
    model, provider = body.get("model", "*"), body.get("provider", "")
    named = "every model" if model == "*" else model
    variant = f" ({body['variant']})" if body.get("variant") else ""
    return f"{named}{f' at {provider}' if provider else ''}{variant}"


def says(kind: str, body: Mapping[str, str]) -> str:
    """Return what a rule makes of it."""
    if kind == "alias":
        sent = f", sent to {body['sent_to']}" if body.get("sent_to") else ""
        return f"means {body.get('model', '')} at {body.get('provider', '')}{sent}"
    if kind == "multiplier":
        return f"x {body.get('factor', '')} on the list price"
    if kind == "service":
        return f"{_usd(body.get('price', '0'))} for each of {body.get('unit', '')}"
    told = [f"{name} {_usd(body[key])}" for key, name in _METERS.items() if key in body]
    found = [f"{', '.join(told)} / 1M"] if told else []
    if "per_request" in body:
        found.append(f"{_usd(body['per_request'])} a request")
    return ", ".join(found)


def period(starts_at: datetime | None, ends_at: datetime | None, zone: ZoneInfo) -> str:
    """Return from and up to and with which day a rule holds."""
    first = "" if starts_at is None else f"from {text.day(local_day(starts_at, zone))}"
    last = "" if ends_at is None else f"until {text.day(local_day(ends_at - timedelta(microseconds=1), zone))}"
    return text.capital(" ".join(part for part in (first, last) if part) or "since ever")


def source_of(shown: PriceShown, rules: Mapping[str, StoredRule]) -> tuple[str, str]:
    """Return where a price is from, and its whole id."""
    first, _, listed = shown.price_id.partition("*")
    if not first.startswith("rule:"):
        return "list price", shown.price_id
    what = "multiplier" if listed else "price"
    own = first.removeprefix("rule:") in rules
    return f"your {what}" if own else f"{what} in prices.toml", shown.price_id


def amounts(lines: tuple[PriceLine, ...]) -> dict[str, Decimal]:
    """Return the dollars per million tokens of each meter, for calls of any size."""
    return {each.meter: each.usd for each in lines if each.above_input_tokens is None and each.per == _MILLION}


def what_changes(change: RuleChange | None, rules: Mapping[str, StoredRule]) -> str:
    """Return a change of rules in one line."""
    if change is None:
        return "Prices in force"
    if change.adds is not None:
        told = f"{KIND_NAMES.get(change.adds.kind, '')}: {subject(change.adds.kind, change.adds.body)}"
        return f"{told}, {says(change.adds.kind, change.adds.body)}"
    gone = rules.get(change.ends or change.removes or "")
    name = "a price" if gone is None else f"{KIND_NAMES[gone.kind].lower()} of {subject(gone.kind, gone.body)}"
    return (
        f"{'End' if change.ends else 'Remove'} the {name}" if gone else f"{'End' if change.ends else 'Remove'} {name}"
    )


def besides(change: RuleChange | None, rules: Mapping[str, StoredRule], zone: ZoneInfo) -> str:
    """Return when a change holds, and what becomes of the price that it takes over from."""
    if change is None:
        return ""
    told = []
    if change.adds is not None:
        told.append(f"{period(change.adds.starts_at, change.adds.ends_at, zone)}.")
        gone = rules.get(change.removes or "")
        if gone is not None:
            told.append(f"In the place of {_known_as(gone, zone)}.")
    ended = rules.get(change.ends or "")
    if ended is not None and change.ends_at is not None:
        until = replace(ended, ends_at=change.ends_at)
        told.append(f"{'Then ends' if change.adds else 'Leaves'} {_known_as(until, zone)}.")
    return " ".join(told)


def _known_as(rule: StoredRule, zone: ZoneInfo) -> str:
    held = period(rule.starts_at, rule.ends_at, zone)
    return f"{says(rule.kind, rule.body)} ({held[:1].lower()}{held[1:]})"


def about(repricing: Repricing, rules: Mapping[str, StoredRule], teams: TeamNames, zone: ZoneInfo) -> str:
    """Return what a repricing or a move does."""
    if repricing.move is not None:
        return _moves(repricing.move, teams, back=repricing.undoes is not None) + _in_days(repricing.scope, zone)
    if repricing.undoes is not None:
        return "Take a repricing back"
    if repricing.change is None:
        return "Bring stored calls to the prices in force" + _within(repricing.scope)
    return what_changes(repricing.change, rules)


def _moves(move: Move, teams: TeamNames, *, back: bool) -> str:
    source, target = teams.called(move.old, move.old_name), teams.called(move.new, move.new_name)
    if back:
        return f"Give past calls of {move.name} back from {target} to {source}"
    return f"Move past calls of {move.name} from {source} to {target}"


def way_of(repricing: Repricing, teams: TeamNames, zone: ZoneInfo) -> str:
    """Return from which team a move moves to which, shortly."""
    move = repricing.move
    if move is None:
        return ""
    ends = [teams.called(move.old, move.old_name), teams.called(move.new, move.new_name)]
    way = " → ".join(ends if repricing.undoes is None else reversed(ends))
    return f"{text.capital(way)}{_in_days(repricing.scope, zone)}"


def _in_days(scope: Scope, zone: ZoneInfo) -> str:
    if scope.start is None and scope.end is None:
        return ""
    held = period(scope.start, scope.end, zone)
    return f", {held[:1].lower()}{held[1:]}"


def _within(scope: Scope) -> str:
    named = [each for each in (scope.provider, scope.model, scope.service) if each]
    return f" ({', '.join(named)})" if named else ""


def _usd(amount: str) -> str:
    return text.usd_exact(Decimal(amount))
