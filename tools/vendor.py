"""Fetches the one third-party script, htmx, with npm and writes it to the static files, checked against its known hash.

Run it (`make vendor`) only to change the version: set VERSION and INTEGRITY (as the registry states it), read the diff,
commit. Nothing is fetched when Outlay is built, installed or run.
"""

import base64
import hashlib
import shutil
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path
from typing import Final

PACKAGE: Final = "htmx.org"
VERSION: Final = "4.0.1"
INTEGRITY: Final = "sha512-oF7JgXhDW9UXCy/k1ZYFUQgzu/rm19ORWPSPNL91vPluB2PB9+MV55tyQdH/w7o2EAbTYUG5SDW1R60mdkdqGg=="
FILES: Final = {
    "htmx.min.js": "package/dist/htmx.min.js",
    "hx-preload.min.js": "package/dist/ext/hx-preload.min.js",
    "hx-ptag.min.js": "package/dist/ext/hx-ptag.min.js",
    "LICENSE.htmx": "package/LICENSE",
}
TARGET: Final = Path(__file__).parent.parent / "src/outlay/web/static/vendor"
HEAD: Final = f"""# Vendored scripts

`{PACKAGE}` {VERSION} from the npm registry, tarball {{integrity}}, unchanged.
Licence: Zero-Clause BSD (LICENSE.htmx). Made by tools/vendor.py; do not edit.

| file | sha256 |
| --- | --- |
"""


def main() -> int:
    npm = shutil.which("npm")
    if npm is None:
        print("make vendor needs npm", file=sys.stderr)
        return 1
    with tempfile.TemporaryDirectory() as scratch:
        subprocess.run([npm, "pack", "--silent", f"{PACKAGE}@{VERSION}"], cwd=scratch, check=True)
        tarball = next(Path(scratch).glob("*.tgz"))
        found = integrity_of(tarball.read_bytes())
        if found != INTEGRITY:
            print(f"{PACKAGE} {VERSION} is {found}, not {INTEGRITY}: nothing was written", file=sys.stderr)
            return 1
        write(tarball)
    return 0


def integrity_of(content: bytes) -> str:
    return f"sha512-{base64.b64encode(hashlib.sha512(content).digest()).decode()}"


def write(tarball: Path) -> None:
    TARGET.mkdir(parents=True, exist_ok=True)
    rows = []
    with tarfile.open(tarball) as archive:
        for name, member in FILES.items():
            source = archive.extractfile(member)
            if source is None:
                raise FileNotFoundError(member)
            content = source.read()
            (TARGET / name).write_bytes(content)
            rows.append(f"| {name} | {hashlib.sha256(content).hexdigest()} |\n")
    (TARGET / "VENDOR.md").write_text(HEAD.format(integrity=INTEGRITY) + "".join(rows), encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
