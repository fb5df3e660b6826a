"""How programs are pointed at the gateway, as text to copy that works as it stands: tests run what is printed here.

The address comes from outside (a Host header) and is quoted for the language it stands in.
"""

import json
import shlex
from collections.abc import Callable
from typing import Final

from msgspec import Struct

from outlay.control.upstream import path_of

NO_KEY: Final = "YOUR_KEY"
_HELLO: Final = "Say hello."


class Program(Struct, frozen=True):
    """One program: a short hint, the text to copy, and the name of the upstream it calls."""

    id: str
    label: str
    upstream: str
    hint: str
    text: str


def first_call(gateway: str, key: str) -> str:
    """Return a call with curl, with a key in its place."""
    return _curl(f"{gateway}{path_of('openai')}").replace(NO_KEY, key)


def programs_for(gateway: str) -> tuple[Program, ...]:
    """Return all of them; `gateway` is the address of this Outlay as programs reach it, without a slash at its end."""
    return tuple(
        Program(name, label, upstream, hint, write(f"{gateway}{path_of(upstream)}"))
        for name, label, upstream, hint, write in _PROGRAMS
    )


def _curl(url: str) -> str:
    body = {"model": "gpt-4o-mini", "messages": [{"role": "user", "content": _HELLO}]}
    return (
        f"curl {shlex.quote(f'{url}/v1/chat/completions')} \\\n"
        f'  -H "Authorization: Bearer {NO_KEY}" \\\n'
        f'  -H "Content-Type: application/json" \\\n'
        f"  -d {shlex.quote(json.dumps(body))}"
    )


def _openai(url: str) -> str:
    return f"""\
from openai import OpenAI

client = OpenAI(base_url={f"{url}/v1"!r}, api_key="{NO_KEY}")
answer = client.chat.completions.create(
    model="gpt-4o-mini",
    messages=[{{"role": "user", "content": "{_HELLO}"}}],
)
print(answer.choices[0].message.content)
"""


def _openai_js(url: str) -> str:
    return f"""\
import OpenAI from "openai";

const client = new OpenAI({{ baseURL: {json.dumps(f"{url}/v1")}, apiKey: "{NO_KEY}" }});
const answer = await client.chat.completions.create({{
  model: "gpt-4o-mini",
  messages: [{{ role: "user", content: "{_HELLO}" }}],
}});
console.log(answer.choices[0].message.content);
"""


def _anthropic(url: str) -> str:
    return f"""\
from anthropic import Anthropic

client = Anthropic(base_url={url!r}, api_key="{NO_KEY}")
answer = client.messages.create(
    model="claude-haiku-4-5",
    max_tokens=100,
    messages=[{{"role": "user", "content": "{_HELLO}"}}],
)
print(answer.content[0].text)
"""


def _gemini(url: str) -> str:
    return f"""\
from google import genai

client = genai.Client(api_key="{NO_KEY}", http_options={{"base_url": {url!r}}})
answer = client.models.generate_content(model="gemini-2.5-flash", contents="{_HELLO}")
print(answer.text)
"""


def _mistral(url: str) -> str:
    return f"""\
from mistralai.client import Mistral

client = Mistral(server_url={url!r}, api_key="{NO_KEY}")
answer = client.chat.complete(
    model="mistral-small-latest",
    messages=[{{"role": "user", "content": "{_HELLO}"}}],
)
print(answer.choices[0].message.content)
"""


def _claude_code(url: str) -> str:
    return f"export ANTHROPIC_BASE_URL={shlex.quote(url)}\nexport ANTHROPIC_AUTH_TOKEN={NO_KEY}\nclaude\n"


def _codex(url: str) -> str:
    return f"""\
model_provider = "outlay"

[model_providers.outlay]
name = "OpenAI through Outlay"
base_url = {json.dumps(f"{url}/v1")}
env_key = "OUTLAY_KEY"
wire_api = "responses"
"""


def _gemini_cli(url: str) -> str:
    return f"export GOOGLE_GEMINI_BASE_URL={shlex.quote(url)}\nexport GEMINI_API_KEY={NO_KEY}\ngemini\n"


def _variables(url: str) -> str:
    return f"export OPENAI_BASE_URL={shlex.quote(f'{url}/v1')}\nexport OPENAI_API_KEY={NO_KEY}\n"


_PROGRAMS: Final[tuple[tuple[str, str, str, str, Callable[[str], str]], ...]] = (
    ("curl", "curl", "openai", "Paste it into a terminal.", _curl),
    ("openai", "Python: openai", "openai", "The address and the key; the rest of your program stays.", _openai),
    ("openai-js", "JavaScript: openai", "openai", "The address and the key; the rest stays.", _openai_js),
    ("anthropic", "Python: anthropic", "anthropic", "The address and the key; the rest stays.", _anthropic),
    ("google-genai", "Python: google-genai", "gemini", "The address and the key; the rest stays.", _gemini),
    ("mistralai", "Python: mistralai", "mistral", "The address and the key; the rest stays.", _mistral),
    (
        "claude-code",
        "Claude Code",
        "anthropic",
        "In the shell that starts it, or under env in its settings.",
        _claude_code,
    ),
    ("codex", "Codex", "openai", "In ~/.codex/config.toml; the key goes into the variable OUTLAY_KEY.", _codex),
    (
        "gemini-cli",
        "Gemini CLI",
        "gemini",
        "In the shell that starts it. If it asks how to sign in: with an API key.",
        _gemini_cli,
    ),
    ("variables", "Anything else", "openai", "Most programs that speak to OpenAI take it from these.", _variables),
)
