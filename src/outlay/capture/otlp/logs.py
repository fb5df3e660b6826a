"""Finds the calls among log records: the events of coding agents, and those of the GenAI conventions.

What coding agents say in spans and metrics beside these events repeats them, and is not counted.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from msgspec import Struct

from outlay.capture.moments import parse_moment
from outlay.capture.otlp import words
from outlay.capture.otlp.calls import describe, first_token_in, status_of
from outlay.capture.otlp.draft import Draft
from outlay.capture.otlp.telemetry import Attributes, LogRecord
from outlay.capture.otlp.who import who_in
from outlay.errors import FieldInvalid
from outlay.kit.period import as_micros
from outlay.usage import names_one_call

_MILLION: Final = 1_000_000
_LONGEST_MS: Final = 1e9
_OF_CONVENTIONS: Final = "gen_ai.client.inference.operation.details"
_GEMINI_CLI: Final = "gemini-cli"


class _Agent(Struct, frozen=True):
    """A coding agent: how its events begin, what it is called, and whose models it calls unless it says so."""

    prefix: str
    name: str
    provider: str | None


_AGENTS: Final = (
    _Agent("claude_code.", "claude-code", "anthropic"),
    _Agent("codex.", "codex", "openai"),
    _Agent("gemini_cli.", _GEMINI_CLI, "google"),
    _Agent("qwen-code.", "qwen-code", None),
    _Agent("opencode.", "opencode", None),
)
# Claude Code's events are named without its prefix; scope and service tell whose they are.
_UNPREFIXED: Final = ("api_request", "api_error")
_ENDED: Final = ("api_request", "api_response", "sse_event", "websocket_event")
_FAILED: Final = ("api_error",)


def calls_in(records: Sequence[LogRecord]) -> list[Draft]:
    """Return the calls, in the order of their records."""
    return [draft for record in records if (draft := _call(record)) is not None]


def _call(record: LogRecord) -> Draft | None:
    agent, name = _agent_and_name(record)
    if agent is not None and _tells_of_a_call(name, record.attributes):
        return _by_agent(record, agent, failed=name in _FAILED)
    service = words.first_text(record.resource, (words.SERVICE_NAME,))
    if record.event == _OF_CONVENTIONS and service != _GEMINI_CLI:  # which says all of it in an event of its own, too
        return _by_conventions(record)
    return None


def _agent_and_name(record: LogRecord) -> tuple[_Agent | None, str]:
    event = record.event
    if event in _UNPREFIXED:
        said = f"{record.tool.name} {words.first_text(record.resource, (words.SERVICE_NAME,))}"
        of_scope = next((each for each in _AGENTS if each.prefix[:-1] in said or each.name in said), None)
        return of_scope, event
    agent = next((each for each in _AGENTS if event.startswith(each.prefix)), None)
    return agent, event[len(agent.prefix) :] if agent is not None else event


def _tells_of_a_call(name: str, attributes: Attributes) -> bool:
    """Say whether an event is the end of a call: it states tokens, or it failed."""
    if name in _FAILED:
        return True
    if name not in _ENDED:
        return False
    stated = words.first_count(attributes, words.INPUT) is not None
    return stated or (name == "api_request" and status_of(attributes, failed=False) == "error")


def _by_agent(record: LogRecord, agent: _Agent, *, failed: bool) -> Draft:
    draft = _drafted(record, agent.name, failed=failed)
    draft.trace = draft.span = ""  # the span an agent works in, not the call's: many calls have the same
    if draft.provider is None:
        draft.provider = agent.provider
    return draft


def _by_conventions(record: LogRecord) -> Draft:
    draft = _drafted(record, "", failed=False)
    if draft.response_id is not None and names_one_call(draft.response_id):
        draft.trace = draft.span = ""  # the id tells; where calls have no spans, the span is of what made several
    return draft


def _drafted(record: LogRecord, coding_agent: str, *, failed: bool) -> Draft:
    attributes = record.attributes
    ended = _time_of(record)
    lasted = next((each for each in words.numbers(attributes, words.DURATION_MS) if each < _LONGEST_MS), None)
    started = ended - round((lasted or 0) * _MILLION)
    draft = Draft(
        service=words.first_text(record.resource, (words.SERVICE_NAME,)) or "",
        tool=str(record.tool) or coding_agent,
        operation=words.first_text(attributes, words.OPERATION) or "chat",
        time_ns=max(started, 0),
        latency_ms=None if lasted is None else round(lasted),
        first_token_ms=first_token_in(attributes),
        trace=record.trace if record.span else "",
        span=record.span,
        request_id=words.first_text(attributes, words.AGENT_REQUEST_ID) if coding_agent else None,
        status=status_of(attributes, failed=failed),
        who=who_in([attributes, record.resource], coding_agent=coding_agent),
    )
    return describe(draft, attributes, record.tool)


def _time_of(record: LogRecord) -> int:
    """Return when the event was, in nanoseconds; tools that leave the record's own time out state it as text."""
    stated = words.first_text(record.attributes, (words.EVENT_TIME,))
    if stated is not None:
        try:
            moment: datetime = parse_moment(stated)
        except FieldInvalid:
            return record.time
        return max(as_micros(moment), 0) * 1000
    return record.time
