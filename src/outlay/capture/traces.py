"""The kinds of files `outlay import` knows by name, each as a mapping, and those that need a mapping of the user's.

Sources: aider's public analytics log (Apache-2.0); Azure LLM inference traces 2023 and 2024 (CC-BY-4.0); Mooncake
traces (Apache-2.0). What each states, and what it leaves open, is told in docs/how-to/import-files.md.
"""

from types import MappingProxyType
from typing import Final, Literal

from msgspec import Struct

from outlay.capture.consoles.anthropic import ANTHROPIC_COSTS, ANTHROPIC_USAGE
from outlay.capture.consoles.cursor import CURSOR
from outlay.capture.consoles.litellm import LITELLM
from outlay.capture.consoles.openai import OPENAI_COSTS, OPENAI_USAGE
from outlay.capture.consoles.openrouter import OPENROUTER, OPENROUTER_ACTIVITY
from outlay.capture.mapping import Mapping

Format = Literal["csv", "jsonl", "parquet", "table"]  # a table is CSV or JSON: its first character tells

_CSV: Final = (".csv", ".tsv")
_JSON: Final = (".jsonl", ".ndjson", ".json")
SUFFIXES: Final[MappingProxyType[Format, tuple[str, ...]]] = MappingProxyType(
    {"csv": _CSV, "jsonl": _JSON, "parquet": (".parquet",), "table": (*_CSV, *_JSON)}
)
COMPRESSED: Final = ("", ".gz", ".zst")


class Kind(Struct, frozen=True):
    """A kind of file: its name, its format, and how its rows are read (None: the user gives a mapping)."""

    name: str
    format: Format
    mapping: Mapping | None = None

    def matches(self, file_name: str) -> bool:
        """Whether a file of this name in a folder is taken for one of this kind's format."""
        endings = COMPRESSED if self.format != "parquet" else ("",)
        return file_name.lower().endswith(
            tuple(suffix + ending for suffix in SUFFIXES[self.format] for ending in endings)
        )


# prompt_tokens is the whole input; the log does not say what of it came from a cache, and `cost` is aider's own sum.
AIDER: Final = Mapping(
    columns={
        "time": "time",
        "user": "user_id",
        "model": "main_model",
        "tokens.input": "prompt_tokens",
        "tokens.output": "completion_tokens",
        "tokens.total": "total_tokens",
        "cost": "cost",
    },
    time_format="unix_s",
    cost_by="tool",
    empty=("None",),
    optional=("user_id", "total_tokens", "cost", "edit_format", "aider_version", "os_platform"),
    identity=("time", "user_id", "main_model", "prompt_tokens", "completion_tokens", "cost"),
    defaults={"agent": "aider", "agent_type": "framework"},
    metadata={"edit_format": "edit_format", "aider_version": "aider_version", "os_platform": "os_platform"},
)

# Seven fractional digits: the time is cut to the microsecond, the row's identity keeps the text.
AZURE_TRACE: Final = Mapping(
    columns={"time": "TIMESTAMP", "tokens.input": "ContextTokens", "tokens.output": "GeneratedTokens"},
    identity=("TIMESTAMP", "ContextTokens", "GeneratedTokens"),
)

# hash_ids name prefix blocks that repeat, which shows what a cache could have held, not what one did: no cache_read.
MOONCAKE: Final = Mapping(
    columns={"time": "timestamp", "tokens.input": "input_length", "tokens.output": "output_length"},
    time_format="ms_from_start",
    optional=("hash_ids",),
    identity=("timestamp", "input_length", "output_length", "hash_ids"),
)

KINDS: Final[tuple[Kind, ...]] = (
    Kind("aider", "csv", AIDER),
    Kind("azure", "csv", AZURE_TRACE),
    Kind("mooncake", "jsonl", MOONCAKE),
    Kind("openai-usage", "csv", OPENAI_USAGE),
    Kind("openai-costs", "csv", OPENAI_COSTS),
    Kind("anthropic-usage", "csv", ANTHROPIC_USAGE),
    Kind("anthropic-costs", "csv", ANTHROPIC_COSTS),
    Kind("openrouter", "csv", OPENROUTER),
    Kind("openrouter-activity", "csv", OPENROUTER_ACTIVITY),
    Kind("cursor", "csv", CURSOR),
    Kind("litellm", "table", LITELLM),
    Kind("csv", "csv"),
    Kind("jsonl", "jsonl"),
    Kind("parquet", "parquet"),
)
