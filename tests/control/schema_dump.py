"""Keeps every schema that was ever on main as SQL with data, so that upgrading from each can be tested for good.

Run `python -m tests.control.schema_dump` after adding a migration: it writes the dump of the newest revision.
"""

import sqlite3
import tempfile
from datetime import time, timedelta
from decimal import Decimal
from pathlib import Path

from sqlalchemy import insert

from outlay.access.key_changes import create_key, rotate_key
from outlay.access.keys import NewKey
from outlay.access.links import create_link
from outlay.access.scim.groups import ScimGroups, WantedGroup
from outlay.access.scim.tokens import create_token
from outlay.access.scim.users import ScimUsers, WantedUser
from outlay.access.second_factor import SecondFactors
from outlay.access.secrets import SecretKeys
from outlay.access.sessions import Opening, Sessions
from outlay.access.sign_in_steps import SignInStep, SignInSteps
from outlay.access.totp import code_at, step_at
from outlay.control.agent_logs import LogMemory
from outlay.control.annotations import Written, annotate
from outlay.control.currencies import Rate, put_rates
from outlay.control.database import Control, open_control
from outlay.control.directory_tables import sign_on_answers
from outlay.control.entities import EntityName, Registry
from outlay.control.group_rules import GroupRule, put_rule
from outlay.control.import_runs import ImportRun, note_import
from outlay.control.log_marks import KnownCall, LogMark, key_of
from outlay.control.members import NewMember, create_member
from outlay.control.organisation_settings import put_setting
from outlay.control.organisations import create_organisation
from outlay.control.outgoing_mail import Outbox
from outlay.control.price_rules import NewRule, RuleChange, change_rules
from outlay.control.progress import Progress, save_progress
from outlay.control.repricings import NewRepricing, begin_repricing
from outlay.control.saved_views import NewView, save_view, start_with
from outlay.control.sharing import Reader
from outlay.control.sign_on_checks import ProviderSettings
from outlay.control.sign_on_identities import link, note_use
from outlay.control.sign_on_providers import ProviderBook
from outlay.control.tables import REVISION
from outlay.control.trail import SYSTEM, Actor, Change, write_down
from outlay.control.upstream_checks import UpstreamSettings
from outlay.control.upstreams import UpstreamBook
from outlay.testing import FrozenClock

SCHEMAS = Path(__file__).parent / "schemas"


def fill(control: Control) -> None:
    """Put at least one row into every table."""
    clock = FrozenClock()
    now = clock.now()
    create_organisation(control, "acme", "Acme", "Asia/Kathmandu", SYSTEM, now)
    wanted = NewMember(
        email="Ada@example.com", role="lead", name="Ada", user="ada", teams=("growth",), teams_led=("growth", "core")
    )
    member = create_member(control, "acme", wanted, SYSTEM, now)
    by = Actor("member", member.id, "Ada", "192.0.2.7")
    key, _ = create_key(control, "acme", NewKey(name="ci", pod="billing-bot", tags=("env:prod",)), by, now)
    rotate_key(control, "acme", key.id, now + timedelta(days=1), by, now)
    create_organisation(control, "other", "Other", "UTC", SYSTEM, now)
    elsewhere = create_member(control, "other", NewMember(email="Ada@example.com", role="member"), SYSTEM, now)
    Sessions(control, timedelta(days=14)).open(member, now, Opening(others=(elsewhere,)))
    SignInSteps(control).open(SignInStep((member, elsewhere), None, "password", "/"), now)
    create_link(control, member, SYSTEM, now)
    Registry(control, clock, 100).put_labels("acme", "user", [EntityName("ada", "Ada Lovelace", "ada@example.com")])
    put_setting(control, "acme", "greeting", {"text": "hello"}, now)
    put_rates(control, "acme", [Rate("EUR", now.date(), Decimal("0.9213"))], "", SYSTEM, now)
    save_progress(control, "acme", "trace.csv", Progress(4096, {"stored": 12}), now)
    ada = Reader("acme", member.id)
    view = save_view(control, ada, NewView(name="Mine", path="/calls", query="r=7d", shared=True), now)
    start_with(control, ada, view.id)
    annotate(control, ada, Written(text="Launch", day=now.date(), clock=time(9, 30)), now)
    by = Actor("member", member.id, "Ada", "192.0.2.7")
    note_import(control, "acme", ImportRun("import:aider", 12, now - timedelta(days=3), now, now), by)
    body = {"provider": "acme", "model": "own-7b", "input": "0.05", "output": "0.20"}
    change = RuleChange(adds=NewRule(id="price_of_own_7b", kind="price", body=body, starts_at=now))
    change_rules(control, "acme", change, now, by)
    begin_repricing(control, "acme", NewRepricing(change=change, prices="genai-prices", by=member.id), now)
    with tempfile.TemporaryDirectory() as folder:
        keys = SecretKeys(Path(folder))
        factors = SecondFactors(control, keys)
        factors.begin(member, now)
        secret = factors.pending(member, "Outlay").secret
        factors.confirm(member, code_at(secret, step_at(now)), Actor("member", member.id, "Ada"), now)
        Outbox(control, keys).put("acme", "sign_in", "{}", now, timedelta(hours=1))
        book = UpstreamBook(control, keys, clock)
        openai = UpstreamSettings(name="openai", provider="openai", base_url="https://api.openai.com")
        book.add("acme", openai, "sk-0123456789abcdef", by=by)
        _fill_directory(control, keys, clock, member.id)
    logs = LogMemory(control, "acme", "import:codex", clock)
    logs.keep(
        [LogMark("/home/ada/.codex/log.jsonl", 4096, 12)],
        {key_of("acme", "import:codex", "a"): KnownCall(0, 1, copy=False, revision=0, counts=b"")},
    )
    invited = Change("member.invite", "member", member.id, "Ada", after={"role": "lead", "teams": ["core", "growth"]})
    with control.begin() as connection:
        write_down(connection, "acme", by, invited, now)
        connection.exec_driver_sql(
            "INSERT INTO sign_in_failures VALUES ('try_1', x'00ff', '192.0.2.7', '2026-10-15 12:00:00.000000')"
        )


def _fill_directory(control: Control, keys: SecretKeys, clock: FrozenClock, member: str) -> None:
    """Put at least one row into the tables of single sign-on and SCIM."""
    now = clock.now()
    settings = ProviderSettings(
        name="Okta", issuer="https://acme.okta.example", client_id="outlay", domains=("example.com",), enabled=True
    )
    provider = ProviderBook(control, keys, clock).add("acme", settings, "0123456789abcdef", SYSTEM)
    create_token(control, "acme", SYSTEM, now)
    users = ScimUsers(control, "acme", SYSTEM, now)
    grace = users.create(WantedUser(user_name="grace@example.com", email="grace@example.com", external_id="00u1"))
    ScimGroups(control, "acme", SYSTEM, now).create(WantedGroup(display_name="leads", members=(grace.id,)))
    with control.begin() as connection:
        link(connection, "acme", (provider.id, "00u2"), member, now)
        note_use(connection, "acme", (provider.id, "00u2"), ["leads"], now)
        put_rule(connection, "acme", GroupRule(group="admins", role="admin"), now)
        connection.execute(insert(sign_on_answers).values(state_hash=b"\x00\xff", expires_at=now))


def dump(path: Path) -> str:
    """Return the database as SQL that makes it again."""
    connection = sqlite3.connect(path)
    try:
        return "\n".join(connection.iterdump()) + "\n"
    finally:
        connection.close()


def load(sql: str, path: Path) -> None:
    connection = sqlite3.connect(path)
    try:
        connection.executescript(sql)
    finally:
        connection.close()


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "control.sqlite"
        control = open_control(path)
        fill(control)
        control.close()
        (SCHEMAS / f"{REVISION}.sql").write_text(dump(path), encoding="utf-8")


if __name__ == "__main__":
    main()
