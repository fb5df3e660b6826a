import json
from typing import Any

import pytest

from tools.audit_dependencies import verdict

CLEAN: dict[str, Any] = {"name": "click", "version": "8.5.1", "vulns": []}
SKIPPED: dict[str, Any] = {"name": "rich", "skip_reason": "not found"}
ADVISORY: dict[str, Any] = {
    "name": "jinja2",
    "version": "3.1.0",
    "vulns": [{"id": "PYSEC-2025-1", "fix_versions": ["3.1.6"], "aliases": []}],
}


def report(*dependencies: dict[str, Any]) -> str:
    return json.dumps({"dependencies": dependencies, "fixes": []})


@pytest.mark.parametrize(
    ("output", "complaints", "status", "words"),
    [
        (report(CLEAN), "", 0, "no known vulnerabilities in 1 packages"),
        (report(CLEAN, SKIPPED), "", 0, "not known to the service: rich"),
        (report(SKIPPED), "", 0, "none of 1 packages was audited"),
        (report(CLEAN, ADVISORY), "Found 1 known vulnerability", 1, "jinja2 3.1.0: PYSEC-2025-1, fixed in 3.1.6"),
        (report(SKIPPED, ADVISORY), "", 1, "PYSEC-2025-1"),
        ("", "requests.exceptions.ProxyError: no way out", 0, "no advisory service reachable"),
        ("", "ERROR: Tip: your network may be blocking this service.", 0, "no advisory service reachable"),
        ("", "ERROR: requirement click is not pinned", 1, "click is not pinned"),
        ("", "", 1, "pip-audit failed"),
    ],
    ids=[
        "clean",
        "some unknown",
        "all unknown",
        "found",
        "found among unknown",
        "no route",
        "blocked",
        "broken",
        "silent",
    ],
)
def test_only_a_found_advisory_or_a_broken_audit_fails(output: str, complaints: str, status: int, words: str) -> None:
    told = verdict(output, complaints)
    assert told[0] == status
    assert words in told[1]
