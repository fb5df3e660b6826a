"""From an upload and what was chosen for it to its rows: which kind it is, how it is read, what its source is."""

from collections.abc import Callable, Iterator
from datetime import datetime
from types import MappingProxyType
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from outlay.capture.files import Counted
from outlay.capture.mapping import Mapping, check_mapping, parse_mapping
from outlay.capture.recognise import recognised
from outlay.capture.rowmap import FileOrigin
from outlay.capture.sources import rows_of_file
from outlay.capture.tabular import ReadRow
from outlay.capture.traces import KINDS, Kind
from outlay.errors import ImportFailed
from outlay.web.forms import Form
from outlay.web.pages.imports.staging import Choice, Upload

FILLS: Final = ("user", "team", "agent", "pod")
MOST_COLUMNS_TOLD: Final = 12

KIND_NAMES: Final = MappingProxyType(
    {
        "openai-usage": "OpenAI usage",
        "openai-costs": "OpenAI costs",
        "anthropic-usage": "Anthropic usage",
        "anthropic-costs": "Anthropic costs",
        "openrouter": "OpenRouter generations",
        "openrouter-activity": "OpenRouter activity by day",
        "cursor": "Cursor usage",
        "litellm": "LiteLLM spend logs",
        "aider": "aider's analytics log",
        "azure": "Azure request trace",
        "mooncake": "Mooncake request trace",
        "csv": "CSV with a mapping",
        "jsonl": "JSON with a mapping",
        "parquet": "Parquet with a mapping",
    }
)


class Reading(Struct, frozen=True):
    """How an upload is read."""

    kind: Kind
    mapping: Mapping

    @property
    def source(self) -> str:
        return f"import:{self.mapping.name or self.kind.name}"

    def rows(self, upload: Upload, now: datetime, opened: Callable[[Counted], None]) -> Iterator[ReadRow]:
        origin = FileOrigin(upload.organisation, self.source, now)
        return rows_of_file(upload.path, self.kind.format, self.mapping, origin, opened)


def choice_of(form: Form) -> Choice:
    """Return what was filled in; a kind that there is none of is taken as left open."""
    kind = form.text("kind")
    fills = {name: text for name in FILLS if (text := form.text(name).strip())}
    return Choice(kind if kind in KIND_NAMES else "", form.text("mapping").strip(), fills)


def reading_of(upload: Upload) -> Reading:
    """Return how an upload is read. Raises ImportFailed with what to choose instead."""
    kind = _kind(upload)
    mapping = kind.mapping
    if mapping is None:
        if not upload.choice.mapping:
            raise ImportFailed(f"{KIND_NAMES[kind.name]} needs the mapping: which column is what")
        mapping = parse_mapping(upload.choice.mapping, "the mapping")
    filled = replace(mapping, defaults={**mapping.defaults, **upload.choice.fills})
    check_mapping(filled)
    return Reading(kind, filled)


def _kind(upload: Upload) -> Kind:
    kinds = {kind.name: kind for kind in KINDS}
    if upload.choice.kind:
        return kinds[upload.choice.kind]
    found = recognised(upload.path)
    if found.kind is not None:
        return found.kind
    if upload.choice.mapping:
        return kinds[found.format]
    named = ", ".join(found.columns[:MOST_COLUMNS_TOLD]) + (" …" if len(found.columns) > MOST_COLUMNS_TOLD else "")
    columns = f"; its columns are {named}" if named else ""
    raise ImportFailed(f"this is no file of a kind that is known here{columns}. Paste a mapping for it below")
