"""Log lines for people (`text`) or programs (`json`), on standard error, from Python's own logging.

What a line is about goes into `extra={"fields": {...}}`; secrets never do. Times are UTC.
"""

import logging
import logging.config
from datetime import UTC, datetime
from typing import Any, Final

import msgspec

_encode = msgspec.json.Encoder(enc_hook=str).encode
_LEVEL: Final = "INFO"


class TextLines(logging.Formatter):
    """`2026-10-01T12:00:00.000Z ERROR request failed request_id=req_1 path=/v1/events`, then a traceback if any."""

    def format(self, record: logging.LogRecord) -> str:
        fields = "".join(f" {name}={value}" for name, value in _fields(record).items())
        line = f"{_time(record)} {record.levelname} {record.getMessage()}{fields}"
        return f"{line}\n{self.formatException(record.exc_info)}" if record.exc_info else line


class JsonLines(logging.Formatter):
    """One JSON object a line: time, level, event, logger, the fields, and `exception` if any."""

    def format(self, record: logging.LogRecord) -> str:
        line = {"time": _time(record), "level": record.levelname.lower(), "event": record.getMessage()}
        line |= {"logger": record.name, **_fields(record)}
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return _encode(line).decode()


def configure_logs(log_format: str) -> None:
    """Send every line of Outlay and its server to standard error, in the format the settings name."""
    formatter = JsonLines if log_format == "json" else TextLines
    logging.config.dictConfig(
        {
            "version": 1,
            "disable_existing_loggers": False,
            "formatters": {"lines": {"()": formatter}},
            "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "lines"}},
            "root": {"level": "WARNING", "handlers": ["stderr"]},
            "loggers": {"outlay": {"level": _LEVEL}},
        }
    )


def _fields(record: logging.LogRecord) -> dict[str, Any]:
    fields: dict[str, Any] = getattr(record, "fields", {})
    return fields


def _time(record: logging.LogRecord) -> str:
    return datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
