import json
import logging
import sys

import pytest

from outlay.logs import JsonLines, TextLines, configure_logs


def record(message: str, **fields: object) -> logging.LogRecord:
    made = logging.LogRecord("outlay.test", logging.ERROR, __file__, 1, message, None, None)
    made.created = 1_790_856_000.25
    if fields:
        made.fields = fields
    return made


def test_text_lines_hold_time_level_event_and_fields() -> None:
    line = TextLines().format(record("request failed", request_id="req_1"))
    assert line == "2026-10-01T12:00:00.250Z ERROR request failed request_id=req_1"


def test_json_lines_are_one_object_each_tracebacks_included() -> None:
    made = record("it broke\non two lines", path="/x")
    try:
        int("why")
    except ValueError:
        made.exc_info = sys.exc_info()
    (line,) = JsonLines().format(made).splitlines()
    found = json.loads(line)
    assert (found["event"], found["path"], found["level"]) == ("it broke\non two lines", "/x", "error")
    assert "ValueError: invalid literal" in found["exception"]


@pytest.mark.parametrize("log_format", ["text", "json"])
def test_configured_lines_go_to_standard_error(log_format: str, capsys: pytest.CaptureFixture[str]) -> None:
    root = logging.getLogger()
    before = root.handlers[:], root.level
    try:
        configure_logs(log_format)
        logging.getLogger("outlay.test").info("hello")
        logging.getLogger("somebody.else").info("unheard")
    finally:
        root.handlers[:], root.level = before
    told = capsys.readouterr().err
    assert "hello" in told
    assert "unheard" not in told
