"""`outlay import` as a user runs it: what it prints where, its exit codes, and that nothing is stored twice."""

import gzip
import json
import textwrap
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click.testing
import duckdb
import pytest

from outlay.app import LEDGER_FILE
from outlay.capture.mapping import parse_mapping
from outlay.capture.traces import KINDS
from outlay.cli.importing import import_command
from outlay.control.database import CONTROL_FILE, open_control
from outlay.control.import_runs import imports_between
from tests.real_data import shared_data

TIME = "2026-10-01T12:00:00Z"
MAPPING = '[columns]\ntime = "at"\nmodel = "model"\ntokens.input = "n"\n'


def run(data: Path, *arguments: str, stdin: bytes | None = None) -> click.testing.Result:
    return click.testing.CliRunner().invoke(import_command, [*arguments, "--data", str(data)], input=stdin)


def ledger(data: Path, sql: str) -> list[tuple[object, ...]]:
    with duckdb.connect(str(data / LEDGER_FILE), read_only=True) as connection:
        return connection.execute(sql).fetchall()


def imports_of(data: Path) -> list[Any]:
    control = open_control(data / CONTROL_FILE)
    runs = imports_between(control, "default", datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC), 10)
    control.close()
    return [(each.source, each.stored, each.first, each.last) for each in runs]


@pytest.fixture
def mapping(tmp_path: Path) -> str:
    path = tmp_path / "mapping.toml"
    path.write_text(MAPPING)
    return str(path)


def test_the_aider_log_is_stored_once_under_any_name(tmp_path: Path) -> None:
    source = shared_data("traces/aider_calls.csv.gz")
    data = tmp_path / "data"
    first = run(data, "aider", str(source), "--team", "growth")
    assert first.exit_code == 0, first.output
    assert "stored 2,669\n" in first.stdout
    assert "cost stated in the file $75.6" in first.stdout
    assert "claude-3-5-sonnet-20241022: 1,577 calls, $64.5" in first.stdout
    renamed = tmp_path / "other.csv"
    renamed.write_bytes(gzip.decompress(source.read_bytes()))
    second = run(data, "aider", str(renamed), "--team", "growth")
    assert "stored 0\nduplicates 2,669\n" in second.stdout
    assert ledger(data, "SELECT count(*), count(DISTINCT id), min(team), min(source) FROM events") == [
        (2669, 2669, "growth", "import:aider")
    ]


def test_an_import_that_stored_something_is_remembered(tmp_path: Path, mapping: str) -> None:
    data = tmp_path / "data"
    rows = f"at,model,n\n{TIME},gpt-4o,1\n2026-10-03T12:00:00Z,gpt-4o,2".encode()
    told = ["csv", "-", "--mapping", mapping, "--source", "crm"]
    run(data, *told, "--dry-run", stdin=rows)
    assert imports_of(data) == []
    run(data, *told, stdin=rows)
    run(data, *told, stdin=rows)  # brings nothing new
    ((source, stored, first, last),) = imports_of(data)
    assert (source, stored, first.isoformat(), last.isoformat()) == (
        "import:crm",
        2,
        "2026-10-01T12:00:00+00:00",
        "2026-10-03T12:00:00+00:00",
    )


def test_options_fill_what_the_file_leaves_open(tmp_path: Path) -> None:
    trace = tmp_path / "azure.csv"
    trace.write_bytes(b"TIMESTAMP,ContextTokens,GeneratedTokens\r\n2023-11-16 18:15:46.6805900,374,44")
    told = ["--provider", "openai", "--model", "gpt-4o", "--user", "ann", "--pod", "p", "--tag", "env:x"]
    result = run(tmp_path / "data", "azure", str(trace), *told, "--source", "azure-conv", "--zone", "Asia/Kolkata")
    assert result.exit_code == 0, result.output
    assert ledger(
        tmp_path / "data", 'SELECT source, "user", pod, model_raw, cost_status, tags, time::VARCHAR FROM events'
    ) == [("import:azure-conv", "ann", "p", "gpt-4o", "priced", ["env:x"], "2023-11-16 12:45:46.68059")]


def test_a_trial_run_stores_nothing(tmp_path: Path, mapping: str) -> None:
    result = run(
        tmp_path / "data", "csv", "-", "--mapping", mapping, "--dry-run", stdin=f"at,model,n\n{TIME},,1".encode()
    )
    assert result.exit_code == 0, result.output
    assert result.stdout.startswith("rows 1\ncould be stored 1\nrejected 0\n")
    assert not (tmp_path / "data" / LEDGER_FILE).exists()


def test_rejected_rows_are_told_and_written(tmp_path: Path, mapping: str) -> None:
    rows = f"at,model,n\n{TIME},gpt-4o,1\n{TIME},gpt-4o,-1\n{TIME},gpt-4o\n".encode()
    report = tmp_path / "rejected.ndjson"
    result = run(tmp_path / "data", "csv", "-", "--mapping", mapping, "--report", str(report), stdin=rows)
    assert result.exit_code == 0, result.output
    assert "rejected 2\n" in result.stdout
    assert "standard input line 3: tokens.input is '-1'; a count can't be negative" in result.stdout
    written = [json.loads(line) for line in report.read_text().splitlines()]
    assert [(each["line"], each["code"]) for each in written] == [(3, "field_invalid"), (4, "row_ragged")]


def test_json_lines_and_a_folder(tmp_path: Path, mapping: str) -> None:
    folder = tmp_path / "logs" / "deep"
    folder.mkdir(parents=True)
    (folder / "a.jsonl").write_text(json.dumps({"at": TIME, "model": "gpt-4o", "n": 1}))
    (folder / "b.jsonl.gz").write_bytes(gzip.compress(json.dumps({"at": TIME, "model": "gpt-4o", "n": 2}).encode()))
    result = run(tmp_path / "data", "jsonl", str(tmp_path / "logs"), "--mapping", mapping)
    assert "stored 2\n" in result.stdout, result.output


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["nonsense", "-"], 2, "nonsense"),
        (["csv", "-"], 2, "needs --mapping"),
        (["aider", "-", "--mapping", "MAPPING"], 2, "has its own mapping"),
        (["parquet", "-", "--mapping", "MAPPING"], 2, "can't be read from standard input"),
        (["csv", "nowhere.csv", "--mapping", "MAPPING"], 2, "no file or folder nowhere.csv"),
        (["csv", "-", "--mapping", "nowhere.toml"], 2, "nowhere.toml"),
        (["aider", "-", "--zone", "Mars"], 2, "no IANA time zone"),
        (["aider", "-", "--tag", "prod"], 2, "not of the form key:value"),
        (["aider", "-", "--start", "2024-01-01T00:00:00Z"], 2, "counted from a start"),
        (["mooncake", "-", "--start", "soon"], 2, "start"),
        (["aider", "-", "--source", "a b"], 2, "the name 'a b'"),
        (["aider", "-"], 1, "the file is empty"),
        (["mooncake", "EMPTY"], 1, "there is no file ending in"),
    ],
)
def test_mistakes(tmp_path: Path, mapping: str, arguments: list[str], code: int, message: str) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    swapped = [{"MAPPING": mapping, "EMPTY": str(empty)}.get(each, each) for each in arguments]
    result = run(tmp_path / "data", *swapped, stdin=b"")
    assert result.exit_code == code
    assert message in result.output


@pytest.mark.parametrize(
    ("kind", "content", "messages"),
    [
        ("csv", b"at,n\nx,1\n", ["no column 'model'", "csv that fits the mapping?"]),
        ("csv", b"PAR1\xff\xfe\x00", ["not valid UTF-8", "csv that fits the mapping?"]),
        ("aider", b'{"timestamp": 0}\n', ["no column", "of the kind aider?", "outlay import --help"]),
        ("aider", b"", ["the file is empty", "of the kind aider?"]),
    ],
    ids=["wrong-mapping", "binary", "another-kind", "empty"],
)
def test_a_file_that_is_something_else_is_an_error_without_figures(
    tmp_path: Path, mapping: str, kind: str, content: bytes, messages: list[str]
) -> None:
    path = tmp_path / "calls.csv"
    path.write_bytes(content)
    result = run(tmp_path / "data", kind, str(path), *(["--mapping", mapping] if kind == "csv" else []))
    assert (result.exit_code, result.stdout) == (1, "")
    assert all(message in result.stderr for message in messages), result.stderr


def test_the_help_says_what_a_newcomer_needs() -> None:
    told = click.testing.CliRunner().invoke(import_command, ["--help"]).stdout
    for kind in KINDS:
        assert kind.name in told
    example = textwrap.dedent(told.partition("a mapping says:")[2].partition("A row")[0])
    assert parse_mapping(example, "the help").columns["time"] == "created_at"


def test_ctrl_c_says_how_to_go_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("outlay.intake.accept.Intake.accept", interrupted)
    path = tmp_path / "trace.csv"
    path.write_text("TIMESTAMP,ContextTokens,GeneratedTokens\n2023-11-16 18:15:46.6805900,374,44\n")
    result = run(tmp_path / "data", "azure", str(path))
    assert result.exit_code == 1
    assert "interrupted. Run the same command again" in result.stderr


def test_a_file_without_one_usable_row_fails(tmp_path: Path, mapping: str) -> None:
    result = run(tmp_path / "data", "csv", "-", "--mapping", mapping, stdin=b"at,model,n\nx,y,z\n")
    assert result.exit_code == 1
    assert "rejected 1\n" in result.stdout


def test_a_cut_off_file_fails_but_keeps_what_was_read(tmp_path: Path, mapping: str) -> None:
    lines = "".join(f"{TIME},gpt-4o,{number * 7919}\n" for number in range(20_000))
    path = tmp_path / "cut.csv.gz"
    whole = gzip.compress(f"at,model,n\n{lines}".encode())
    path.write_bytes(whole[: len(whole) // 2])
    result = run(tmp_path / "data", "csv", str(path), "--mapping", mapping)
    assert result.exit_code == 1
    assert "Error: " in result.stderr
    assert "is cut off or damaged" in result.stderr
    assert "rejected 0\n" in result.stdout, "what was read before is told all the same"
    path.write_bytes(whole)
    assert run(tmp_path / "data", "csv", str(path), "--mapping", mapping).exit_code == 0
    assert ledger(tmp_path / "data", "SELECT count(*), count(DISTINCT id) FROM events") == [(20_000, 20_000)]
