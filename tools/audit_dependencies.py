"""Ask whether a locked dependency has a published advisory: fail if one has, and only say so if nobody could be asked.

    python -m tools.audit_dependencies

pip-audit alone ends with an error when its advisory service can't be reached, and without one when the service answers
but knows no package at all, as a mirror of packages without advisories does. Neither tells a developer the truth.
"""

import json
import re
import subprocess
import sys
from collections.abc import Iterable, Iterator
from typing import Any, Final

LOCKS: Final = ("requirements.lock", "requirements-dev.lock", "requirements-setup.lock")
PATIENCE_SECONDS: Final = 90

_NOBODY_ANSWERED: Final = re.compile(r"requests\.exceptions\.|ServiceError|ConnectionError|blocking this service")


def main() -> int:
    command = [sys.executable, "-m", "pip_audit", "--disable-pip", "--require-hashes", "--progress-spinner", "off"]
    command += ["--format", "json", "--desc", "off", *(part for lock in LOCKS for part in ("-r", lock))]
    try:
        audit = subprocess.run(command, capture_output=True, text=True, check=False, timeout=PATIENCE_SECONDS)
    except subprocess.TimeoutExpired:
        print(f"audit: no advisory service answered in {PATIENCE_SECONDS} s; nothing was audited")
        return 0
    status, words = verdict(audit.stdout, audit.stderr)
    print(words)
    return status


def verdict(output: str, complaints: str) -> tuple[int, str]:
    """Return the exit status and what to tell, from what pip-audit wrote to its two outputs."""
    start = output.find('{"dependencies"')
    if start < 0:
        if _NOBODY_ANSWERED.search(complaints):
            return 0, "audit: no advisory service reachable; nothing was audited"
        return 1, f"audit: pip-audit failed\n{complaints.strip()}"
    found = json.JSONDecoder().raw_decode(output, start)[0]["dependencies"]
    advisories = sorted(set(_advisories(found)))
    skipped = {each["name"] for each in found if "skip_reason" in each}
    audited = {each["name"] for each in found} - skipped
    if advisories:
        return 1, "\n".join(["audit: locked dependencies with known vulnerabilities", *advisories])
    if not audited:
        return 0, f"audit: no advisory service reachable; none of {len(skipped)} packages was audited"
    unknown = f"; not known to the service: {', '.join(sorted(skipped))}" if skipped else ""
    return 0, f"audit: no known vulnerabilities in {len(audited)} packages{unknown}"


def _advisories(found: Iterable[dict[str, Any]]) -> Iterator[str]:
    for each in found:
        for advisory in each.get("vulns", ()):
            fixed = ", ".join(advisory["fix_versions"]) or "no version yet"
            yield f"  {each['name']} {each['version']}: {advisory['id']}, fixed in {fixed}"


if __name__ == "__main__":
    sys.exit(main())
