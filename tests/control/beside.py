"""What other processes do to the control database in tests, each with an engine of its own.

A race is begun by the clock, since nothing else is shared: every process waits for the same moment.
"""

from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import closing
from datetime import timedelta
from multiprocessing import get_context
from pathlib import Path
from time import sleep, time
from typing import Final, ParamSpec, TypeVar

from outlay.access.key_changes import revoke_key
from outlay.access.links import use_link
from outlay.access.secrets import SecretKeys
from outlay.control.database import Control, open_control
from outlay.control.entities import Registry
from outlay.control.member_changes import disable_member
from outlay.control.organisation_settings import put_setting
from outlay.control.price_rules import NewRule, RuleChange, change_rules, new_rule_id
from outlay.control.tenancy import delete_organisation, suspend_organisation
from outlay.control.trail import SYSTEM, Change, write_down
from outlay.control.upstream_checks import UpstreamSettings
from outlay.control.upstreams import UpstreamBook
from outlay.errors import OutlayError
from outlay.kit.clock import SystemClock

_HEAD_START_SECONDS: Final = 0.3

P = ParamSpec("P")
R = TypeVar("R")


class Beside:
    """Other processes, which stay alive from call to call."""

    def __init__(self, many: int) -> None:
        self._many = many
        self._pool = ProcessPoolExecutor(many, get_context("spawn"))
        list(self._pool.map(sleep, [0.2] * many))  # all are started and have imported what they need

    def run(self, function: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        """Return what the function returns in another process."""
        return self._pool.submit(function, *args, **kwargs).result()

    def race(self, function: Callable[..., R], target: str, *told: object) -> Sequence[R]:
        """Return what the function returns in each of the processes; all begin with `told` at the same moment."""
        start = time() + _HEAD_START_SECONDS
        racing = [self._pool.submit(function, target, start, number, *told) for number in range(self._many)]
        return [each.result() for each in racing]

    def end(self) -> None:
        self._pool.shutdown()


def _opened_at(target: str, start: float) -> Control:
    control = open_control(target)
    sleep(max(0.0, start - time()))
    return control


def use_links(target: str, start: float, number: int, tokens: Sequence[str]) -> list[bool]:
    """Use one-time links one after another; return which of them signed in."""
    del number
    with closing(_opened_at(target, start)) as control:
        return [_signs_in(control, each) for each in tokens]


def _signs_in(control: Control, token: str) -> bool:
    try:
        use_link(control, token, SystemClock().now())
    except OutlayError:
        return False
    return True


def register(target: str, start: float, number: int, ids: Sequence[str]) -> None:
    """Register the same users as all others, beginning elsewhere."""
    with closing(_opened_at(target, start)) as control:
        registry = Registry(control, SystemClock(), 1_000)
        turned = [*ids[number * 7 :], *ids[: number * 7]]
        for first in range(0, len(turned), 3):
            registry.register("acme", {"user": turned[first : first + 3]})


def write_entries(target: str, start: float, number: int, many: int) -> None:
    """Write entries into one audit trail, each in a transaction of its own."""
    with closing(_opened_at(target, start)) as control:
        for entry in range(many):
            change = Change("member.disable", "member", f"member_{number}_{entry}", "Somebody")
            with control.begin() as connection:
                write_down(connection, "acme", SYSTEM, change, SystemClock().now())


def change_everything(target: str, folder: str, key: str, member: str) -> float:
    """Revoke a key, disable a member, price a model, add an upstream and put a setting; return when it was done."""
    clock = SystemClock()
    with closing(open_control(target)) as control:
        revoke_key(control, "acme", key, SYSTEM, clock.now())
        disable_member(control, "acme", member, SYSTEM, clock.now())
        body = {"provider": "acme", "model": "own-7b", "input": "1", "output": "2"}
        rule = NewRule(id=new_rule_id(), kind="price", body=body, starts_at=clock.now() - timedelta(days=9))
        change_rules(control, "acme", RuleChange(adds=rule), clock.now(), SYSTEM)
        book = UpstreamBook(control, SecretKeys(Path(folder)), clock)
        there = UpstreamSettings(name="theirs", provider="openai", base_url="https://api.example.com", auth="none")
        book.add("acme", there, by=SYSTEM)
        put_setting(control, "acme", "greeting", "hello", clock.now())
    return time()


def suspend(target: str) -> float:
    """Suspend the organisation; return when it was done."""
    with closing(open_control(target)) as control:
        suspend_organisation(control, "acme", SYSTEM, SystemClock().now())
    return time()


def delete(target: str) -> float:
    """Delete the organisation; return when it was done."""
    with closing(open_control(target)) as control:
        delete_organisation(control, "acme", SYSTEM, SystemClock().now())
    return time()
