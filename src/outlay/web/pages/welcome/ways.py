"""The ways to send a first event, as text to copy that works as it stands: tests run what is printed here.

Everything that comes from outside (address, user, directory) is quoted for the language it stands in.
"""

import json
import shlex
from collections.abc import Callable
from datetime import datetime
from typing import Final

from msgspec import Struct

from outlay.web.pages.gateway.programs import NO_KEY, first_call

_MODEL: Final = "gpt-4o-mini"


class Sender(Struct, frozen=True):
    """What the texts are filled with: `url` takes events, `gateway` model calls, `key` is a key's text, `directory` the
    server's data.
    """

    url: str
    gateway: str
    key: str
    user: str
    directory: str
    now: datetime

    @property
    def bearer(self) -> str:
        return f"Bearer {self.key or NO_KEY}"


class Way(Struct, frozen=True):
    """One way to send: a short hint and the text to copy. `needs_key` says that a key stands in the text."""

    id: str
    label: str
    hint: str
    text: str
    needs_key: bool = True


def ways_for(sender: Sender) -> tuple[Way, ...]:
    """Return all ways, simplest first."""
    return tuple(Way(name, label, hint, write(sender), needs_key=name != FILE) for name, label, hint, write in _WAYS)


def _event(sender: Sender, name: str) -> dict[str, object]:
    # Each way has an id of its own: the same event again would change nothing.
    return {"id": f"first-{name}", "user": sender.user, "model": _MODEL, "tokens": {"input": 1200, "output": 300}}


def _curl(sender: Sender) -> str:
    return _posted(sender, "application/json", _in_lines(_event(sender, "curl"), json.dumps, 7))


def _gateway(sender: Sender) -> str:
    return first_call(sender.gateway, sender.key or NO_KEY)


def _cloud_event(sender: Sender) -> str:
    event = _event(sender, "cloudevent")
    envelope = {
        "specversion": "1.0",
        "type": "llm.call",
        "id": event.pop("id"),
        "source": "first-steps",
        "subject": event.pop("user"),
        "data": event,
    }
    return _posted(sender, "application/cloudevents+json", _in_lines(envelope, json.dumps, 7))


def _in_lines(fields: dict[str, object], write: Callable[[object], str], indent: int) -> str:
    """Return an object as a language writes it, two fields a line."""
    items = list(fields.items())
    lines = [write(dict(items[at : at + 2]))[1:-1] for at in range(0, len(items), 2)]
    return "{" + f",\n{' ' * indent}".join(lines) + "}"


def _posted(sender: Sender, kind: str, body: str) -> str:
    return (
        f"curl {shlex.quote(sender.url)} \\\n"
        f'  -H "Authorization: {sender.bearer}" \\\n'
        f'  -H "Content-Type: {kind}" \\\n'
        f"  -d {shlex.quote(body)}"
    )


def _python(sender: Sender) -> str:
    return f"""\
import json, urllib.request

event = {_in_lines(_event(sender, "python"), repr, 9)}
request = urllib.request.Request({sender.url!r}, json.dumps(event).encode(), {{
    "Authorization": "{sender.bearer}",
    "Content-Type": "application/json",
}})
with urllib.request.urlopen(request) as answer:
    print(answer.read().decode())
"""


def _httpx(sender: Sender) -> str:
    return f"""\
import httpx

event = {_in_lines(_event(sender, "httpx"), repr, 9)}
headers = {{"Authorization": "{sender.bearer}"}}
answer = httpx.post({sender.url!r}, json=event, headers=headers)
print(answer.text)
"""


def _javascript(sender: Sender) -> str:
    return f"""\
const event = {_in_lines(_event(sender, "javascript"), json.dumps, 15)};
const answer = await fetch({json.dumps(sender.url)}, {{
  method: "POST",
  headers: {{ Authorization: "{sender.bearer}", "Content-Type": "application/json" }},
  body: JSON.stringify(event),
}});
console.log(await answer.text());
"""


def _opentelemetry(sender: Sender) -> str:
    # A header of its own: some exporters want the blank of `Bearer …` encoded, others don't.
    return (
        f"export OTEL_EXPORTER_OTLP_ENDPOINT={shlex.quote(sender.gateway)}\n"
        "export OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf\n"
        f"export OTEL_EXPORTER_OTLP_HEADERS=x-api-key={sender.key or NO_KEY}\n"
    )


def _file(sender: Sender) -> str:
    moment = f"{sender.now:%Y-%m-%dT%H:%M:%SZ}"
    return f"""\
cat > usage.csv <<'END'
request_id,when,model,prompt_tokens,completion_tokens
first-1,{moment},{_MODEL},5200,640
first-2,{moment},claude-sonnet-4-5,5900,120
END
cat > mapping.toml <<'END'
[columns]
id = "request_id"
time = "when"
model = "model"
tokens.input = "prompt_tokens"
tokens.output = "completion_tokens"
END
outlay import csv usage.csv --mapping mapping.toml --data {shlex.quote(sender.directory)}
"""


FILE: Final = "file"
_WAYS: Final[tuple[tuple[str, str, str, Callable[[Sender], str]], ...]] = (
    ("curl", "curl", "Paste it into a terminal.", _curl),
    ("python", "Python", "Nothing to install: save it as first.py and run python3 first.py.", _python),
    ("httpx", "Python with httpx", "If you have httpx: save it as first.py and run python3 first.py.", _httpx),
    ("javascript", "JavaScript", "Save it as first.mjs and run node first.mjs (18 or newer).", _javascript),
    (
        "gateway",
        "Through the gateway",
        "What calls a provider today: change one address. Its key goes under Gateway first.",
        _gateway,
    ),
    (
        "opentelemetry",
        "OpenTelemetry",
        "Where a program runs that is instrumented already: it sends its model calls here then.",
        _opentelemetry,
    ),
    ("cloudevents", "CloudEvents", "For what speaks CloudEvents 1.0 already.", _cloud_event),
    (
        FILE,
        "A file",
        "In a terminal on the machine that Outlay runs on. Any CSV, JSON lines or Parquet will do.",
        _file,
    ),
)
