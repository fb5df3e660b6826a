"""Files in the browser: what the preview says is what is stored, not before it is confirmed, by its owner alone."""

import re
import threading
from collections.abc import Iterator
from html import unescape
from pathlib import Path
from time import sleep
from typing import Any

import pytest

from outlay.app import Outlay
from outlay.capture.traces import KINDS
from outlay.control.import_runs import imports_between
from outlay.control.members import NewMember, create_member
from outlay.control.trail import SYSTEM
from outlay.intake import preview
from outlay.intake.import_report import ImportReport
from outlay.intake.importing import Importer, ImportFile
from outlay.web.pages.imports.reading import KIND_NAMES
from outlay.web.pages.imports.staging import FOLDER
from tests.capture.consoles.test_consoles import ANTHROPIC_USAGE, CURSOR, OPENAI_USAGE, SAMPLES
from tests.capture.consoles.test_litellm import FORMS
from tests.web.pages.people import People, Visitor, people_at
from tests.web.test_multipart import BOUNDARY, body_of

TYPE = {"content-type": f"multipart/form-data; boundary={BOUNDARY.decode()}"}


@pytest.fixture
def ada(people: People) -> Visitor:
    return people.browser_of(people.ada, page="/imports")


def uploaded(visitor: Visitor, file: bytes | str, name: str = "usage.csv", **fields: str) -> Any:
    data = file.encode() if isinstance(file, str) else file
    body = body_of([("csrf", fields.pop("csrf", visitor.csrf)), *fields.items()], data, name)
    return visitor.post_body("/imports", body, **TYPE)


def looked_at(visitor: Visitor, file: bytes | str, **fields: str) -> tuple[str, str]:
    """Upload a file; return its address and what its page says."""
    answer = uploaded(visitor, file, **fields)
    assert answer.status_code == 303, answer.text
    return answer.headers["location"], settled(visitor, answer.headers["location"])


def settled(visitor: Visitor, path: str) -> str:
    for _ in range(100):
        page = visitor.get(path)
        assert page.status_code == 200
        if "<progress" not in page.text:
            return words(page.text)
        sleep(0.1)
    raise AssertionError("the work did not come to an end")


def words(html: str) -> str:
    main = html[html.index("<main") : html.index("</main>")]
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", main)))


def rows(outlay: Outlay, sql: str) -> list[tuple[Any, ...]]:
    with outlay.ledger.snapshot() as snapshot:
        return snapshot.rows(sql)


def staged(people: People) -> list[Path]:
    folder = people.site.outlay.settings.data_dir / FOLDER
    return sorted(folder.iterdir()) if folder.exists() else []


TOTALS = "SELECT count(*), sum(requests), sum(cost) FROM events"


@pytest.mark.parametrize("kind", [*SAMPLES, "litellm"])
def test_what_the_preview_says_is_what_is_stored(people: People, ada: Visitor, kind: str) -> None:
    path, page = looked_at(ada, {**SAMPLES, "litellm": FORMS["array"].decode()}[kind])
    told = re.search(r"New events ([\d,]+) .*? Requests ([\d,]+) .*? Cost (\S+) ", page)
    assert told is not None
    assert rows(people.site.outlay, "SELECT count(*) FROM events") == [(0,)]
    assert len(staged(people)) == 1
    assert ada.post(f"{path}/store").status_code == 303
    assert f"Stored {told[1]}" in settled(ada, path)
    ((events, requests, cost),) = rows(people.site.outlay, TOTALS)
    assert (f"{events:,}", f"{requests:,}") == (told[1], told[2])
    assert told[3] == ("<$0.01" if 0 < cost < 0.01 else f"${cost:,.2f}")
    assert rows(people.site.outlay, "SELECT DISTINCT source FROM events") == [(f"import:{kind}",)]
    assert staged(people) == []


def test_the_same_file_again_is_all_there_already(people: People, ada: Visitor) -> None:
    path, _ = looked_at(ada, ANTHROPIC_USAGE)
    ada.post(f"{path}/store")
    settled(ada, path)
    before = rows(people.site.outlay, TOTALS)
    path, page = looked_at(ada, ANTHROPIC_USAGE)
    assert "All of it is stored already" in page
    assert "There already 2" in page
    assert "Store " not in page
    assert ada.post(f"{path}/store").status_code == 303
    settled(ada, path)
    assert rows(people.site.outlay, TOTALS) == before


def test_pressing_store_twice_stores_once(people: People, ada: Visitor) -> None:
    path, _ = looked_at(ada, OPENAI_USAGE)
    assert [ada.post(f"{path}/store").status_code for _ in range(3)] == [303, 303, 303]
    settled(ada, path)
    assert rows(people.site.outlay, "SELECT count(*), sum(requests) FROM events") == [(3, 19)]
    now = people.site.clock.now()
    runs = imports_between(people.site.outlay.control, "default", now.replace(year=2000), now.replace(year=2030), 9)
    assert [(run.source, run.stored) for run in runs] == [("import:openai-usage", 3)]
    page = words(ada.get("/imports").text)
    assert "OpenAI usage import:openai-usage" in page
    assert "3 events" in page


@pytest.mark.parametrize(
    ("kind", "range_", "marks"),
    [
        ("openai-usage", "2025-10", ["8 requests", "10 requests", "Stands for"]),
        ("openai-costs", "2025-10", ["charge", "a charge", "Web search tool calls"]),
    ],
)
def test_calls_say_what_stands_for_many_or_none(ada: Visitor, kind: str, range_: str, marks: list[str]) -> None:
    path, _ = looked_at(ada, SAMPLES[kind])
    ada.post(f"{path}/store")
    settled(ada, path)
    page = words(ada.get(f"/calls?r={range_}").text)
    assert [mark for mark in marks if mark not in page] == []


def test_other_usage_of_the_same_days_is_shown_before_it_is_counted_twice(people: People, ada: Visitor) -> None:
    sent = [{"id": "1", "time": "2026-03-22T08:00:00Z", "provider": "anthropic", "model": "claude-opus-4-6"}]
    key = people.site.key("bot", scopes=frozenset({"send"}))
    assert people.site.client.post("/v1/events", json=sent, headers=key).status_code == 200
    _, page = looked_at(ada, ANTHROPIC_USAGE)
    assert "storing this counts them twice" in page
    assert "api:bot" in page
    _, page = looked_at(ada, CURSOR)
    assert "twice" not in page


def test_refused_rows_are_told_with_their_lines(ada: Visitor) -> None:
    text = ANTHROPIC_USAGE + "2026-10-20,claude-opus-4-6,ci,Default,standard,≤ 200k,1,0,0,0,1,0,us,\n<b>x</b>,y\n"
    _, page = looked_at(ada, text)
    assert "4 the row sums up a time that ends at 2026-10-21 00:00Z" in page
    assert "5 the row has 2 cells, the header has 14" in page
    assert "<b>x</b>,y" in page


def test_a_table_of_ones_own_is_read_with_a_mapping(people: People, ada: Visitor) -> None:
    own = "at,who,n\n2026-10-01T12:00:00Z,ann,7\n"
    path, page = looked_at(ada, own)
    assert "This is no file of a kind that is known here; its columns are at, who, n." in page
    ada.post(f"{path}/read", kind="csv", mapping="[columns]\ntime = 1")
    assert "the mapping:" in settled(ada, path).lower()
    mapping = 'name = "mine"\n[columns]\ntime = "at"\nuser = "who"\ntokens.input = "n"\n'
    ada.post(f"{path}/read", kind="", mapping=mapping, team="growth")
    assert "New events 1" in settled(ada, path)
    ada.post(f"{path}/store")
    settled(ada, path)
    stored = rows(people.site.outlay, 'SELECT source, "user", team, input_uncached FROM events')
    assert stored == [("import:mine", "ann", "growth", 7)]


def test_a_discarded_file_is_gone(people: People, ada: Visitor) -> None:
    path, _ = looked_at(ada, OPENAI_USAGE)
    answer = ada.post(f"{path}/discard")
    assert (answer.status_code, answer.headers["location"]) == (303, "/imports?discarded=1")
    assert "nothing of it was stored" in words(ada.get(answer.headers["location"]).text)
    assert staged(people) == []
    assert ada.get(path).status_code == 404
    assert ada.post(f"{path}/store").status_code == 404


def test_the_next_upload_takes_the_place_of_the_last(people: People, ada: Visitor) -> None:
    first, _ = looked_at(ada, OPENAI_USAGE)
    second, _ = looked_at(ada, CURSOR, name="cursor.csv")
    assert len(staged(people)) == 1
    assert ada.get(first).status_code == 404
    page = words(ada.get("/imports").text)
    assert "“cursor.csv” is uploaded and not stored yet" in page
    assert ada.get(second).status_code == 200


@pytest.fixture
def held(monkeypatch: pytest.MonkeyPatch) -> Iterator[threading.Event]:
    """Storing waits for this."""
    go_on, run_import = threading.Event(), Importer.run_import

    def waits(importer: Importer, file: ImportFile) -> ImportReport:
        assert go_on.wait(30)
        return run_import(importer, file)

    monkeypatch.setattr(Importer, "run_import", waits)
    yield go_on
    go_on.set()


def test_a_file_that_is_being_stored_is_not_read_again(people: People, ada: Visitor, held: threading.Event) -> None:
    path, _ = looked_at(ada, OPENAI_USAGE)
    ada.post(f"{path}/store")
    for action in ("read", "discard"):
        answer = ada.post(f"{path}/{action}", kind="cursor")
        assert answer.status_code == 409
    held.set()
    assert "Stored 3" in settled(ada, path)
    assert rows(people.site.outlay, "SELECT count(*) FROM events") == [(3,)]


def test_the_next_upload_leaves_one_that_is_being_stored(people: People, ada: Visitor, held: threading.Event) -> None:
    first, _ = looked_at(ada, OPENAI_USAGE)
    ada.post(f"{first}/store")
    second = uploaded(ada, CURSOR, name="cursor.csv").headers["location"]
    assert len(staged(people)) == 2
    assert "“cursor.csv” is uploaded and not stored yet" in words(ada.get("/imports").text)
    held.set()
    assert "Stored 3" in settled(ada, first)
    settled(ada, second)
    assert rows(people.site.outlay, "SELECT count(*) FROM events") == [(3,)]
    assert len(staged(people)) == 1


def test_only_admins_import_and_only_its_owner_sees_an_upload(people: People, ada: Visitor) -> None:
    path, _ = looked_at(ada, OPENAI_USAGE)
    control, now = people.site.outlay.control, people.site.clock.now()
    other = create_member(
        control, "default", NewMember(email="bea@acme.example", role="admin", name="Bea"), SYSTEM, now
    )
    for member in (other, people.eve):
        browser = people.browser_of(member, page="/imports")
        assert browser.get(path).status_code == 404
        assert browser.post(f"{path}/store").status_code == 404
        assert browser.post(f"{path}/discard").status_code == 404
    lin = people.browser_of(people.lin)
    assert lin.get("/imports").status_code == 403
    assert uploaded(lin, OPENAI_USAGE).status_code == 403
    assert lin.post(f"{path}/store").status_code == 403
    assert people.nobody().get("/imports").status_code == 303
    assert uploaded(people.nobody(), OPENAI_USAGE).status_code == 401
    assert rows(people.site.outlay, "SELECT count(*) FROM events") == [(0,)]
    assert len(staged(people)) == 1


def test_what_another_organisation_stored_is_no_duplicate_here(people: People, ada: Visitor) -> None:
    eve = people.browser_of(people.eve, page="/imports")
    path, _ = looked_at(eve, OPENAI_USAGE)
    eve.post(f"{path}/store")
    settled(eve, path)
    _, page = looked_at(ada, OPENAI_USAGE)
    assert "New events 3" in page
    assert "twice" not in page
    assert "Nothing was imported yet" in words(ada.get("/imports").text)


@pytest.mark.parametrize("csrf", ["", "wrong"])
def test_a_form_without_its_token_leaves_no_file(people: People, ada: Visitor, csrf: str) -> None:
    assert uploaded(ada, OPENAI_USAGE, csrf=csrf).status_code == 403
    path, _ = looked_at(ada, CURSOR)
    for action in ("store", "discard", "read"):
        assert ada.post(f"{path}/{action}", csrf=csrf).status_code == 403
    assert len(staged(people)) == 1


def test_a_form_from_elsewhere_is_refused(people: People, ada: Visitor) -> None:
    body = body_of([("csrf", ada.csrf)], b"x")
    assert ada.post_body("/imports", body, **TYPE, origin="https://evil.example").status_code == 403
    assert staged(people) == []


@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [
        (b"csrf=x", "application/x-www-form-urlencoded", 400),
        (b"", TYPE["content-type"], 400),
        (b"--x", "multipart/form-data; boundary=x", 400),
    ],
)
def test_what_is_no_such_form_leaves_no_file(people: People, ada: Visitor, body: bytes, kind: str, status: int) -> None:
    assert ada.post_body("/imports", body, **{"content-type": kind}).status_code == status
    assert staged(people) == []


def test_no_file_and_two_files_are_refused(people: People, ada: Visitor) -> None:
    assert uploaded(ada, b"", "").status_code == 400
    one = body_of([("csrf", ada.csrf)], b"x")[: -len(BOUNDARY) - 6]
    assert ada.post_body("/imports", one + body_of([], b"y"), **TYPE).status_code == 400
    assert staged(people) == []


@pytest.fixture
def small(tmp_path: Path) -> Iterator[People]:
    with people_at(tmp_path / "small", max_upload_mb=1) as found:
        yield found


def test_a_file_beyond_the_limit_is_refused_and_gone(small: People) -> None:
    ada = small.browser_of(small.ada, page="/imports")
    answer = uploaded(ada, b"x" * (3 << 20))
    assert answer.status_code == 413
    assert "larger than 1 MiB" in answer.text
    assert staged(small) == []


def test_a_start_removes_what_was_left(tmp_path: Path) -> None:
    left = tmp_path / "data" / FOLDER / "upload_old"
    left.parent.mkdir(parents=True)
    left.write_bytes(b"secret")
    with people_at(tmp_path / "data"):
        assert not left.exists()


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"\x1f\x8b\x08\0broken", "is cut off or damaged"),
        (b"PAR1 but no parquet", "Parquet"),
        (b"\xff\xfea\0,\0", "no file of a kind that is known"),
        (b"\0" * 5000, "no file of a kind that is known"),
        (b"{" * 100_000, "no file of a kind that is known"),
    ],
    ids=["gzip", "parquet", "utf-16", "zeros", "braces"],
)
def test_files_of_any_kind_end_in_a_message(ada: Visitor, data: bytes, said: str) -> None:
    _, page = looked_at(ada, data)
    assert said in page
    assert "went wrong inside" not in page


def test_more_rows_than_a_preview_takes_are_refused(ada: Visitor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(preview, "MOST_ROWS", 3)
    _, page = looked_at(ada, OPENAI_USAGE)
    assert "The file has 3 rows or more; split it, or use outlay import on the server." in page
    assert "Store " not in page


def test_names_of_files_are_shown_and_never_used(people: People, ada: Visitor) -> None:
    path, _ = looked_at(ada, CURSOR, name="..\\..\\etc/<script>.csv")
    page = ada.get(path).text
    assert "&lt;script&gt;.csv" in page
    assert [each.name.startswith("upload_") for each in staged(people)] == [True]
    assert oct(staged(people)[0].stat().st_mode & 0o777) == "0o600"


def test_every_kind_has_a_name() -> None:
    assert set(KIND_NAMES) >= {kind.name for kind in KINDS}
