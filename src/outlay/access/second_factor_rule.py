"""Who must have a second factor: the organisation's own rule. Whoever owes one can only set it up, and sign out."""

from datetime import datetime
from typing import Final, Literal, get_args

from outlay.access.sign_in_ways import Way
from outlay.control.conflict import insert_or_replace
from outlay.control.database import Control
from outlay.control.organisation_settings import setting_of
from outlay.control.tables import organisation_settings
from outlay.control.trail import Actor, Change, write_down
from outlay.errors import InputError

Rule = Literal["nobody", "admins", "everyone"]

RULES: Final[tuple[Rule, ...]] = get_args(Rule)
RULE: Final = "second_factor_required"


def rule_of(control: Control, organisation: str) -> Rule:
    return as_rule(setting_of(control, organisation, RULE))


def as_rule(stored: object) -> Rule:
    """Return the rule that a stored setting is: nobody where none was ever stored."""
    return next((rule for rule in RULES if rule == stored), "nobody")


def put_rule(control: Control, organisation: str, rule: str, by: Actor, now: datetime) -> None:
    """Say who must have a second factor from now on; it counts with their next request. InputError for no such rule."""
    if rule not in RULES:
        raise InputError(f"a second factor is asked of {', '.join(RULES)}; {rule!r} is none of them")
    before = rule_of(control, organisation)
    if before == rule:
        return
    row = {"organisation": organisation, "name": RULE, "value": rule, "changed_at": now}
    change = Change("setting.change", "setting", RULE, RULE, {"value": before}, {"value": rule})
    with control.begin() as connection:
        connection.execute(insert_or_replace(organisation_settings, "value", "changed_at").values(row))
        write_down(connection, organisation, by, change, now)


def is_owed(rule: Rule, role: str, way: Way) -> bool:
    """Whether a member without a second factor owes one. Who comes by single sign-on proved it to that provider."""
    if way == "sso":
        return False
    return rule == "everyone" or (rule == "admins" and role == "admin")
