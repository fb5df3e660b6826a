"""What the shape tests look at: the files git knows, and each Python module read and parsed once."""

import ast
import shutil
import subprocess
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[2]

Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True)
class Module:
    """One Python file; `path` is relative to the root of the repository."""

    path: Path
    text: str = field(repr=False)

    @cached_property
    def tree(self) -> ast.Module:
        return ast.parse(self.text, filename=str(self.path))

    @cached_property
    def nodes(self) -> list[ast.AST]:
        return list(ast.walk(self.tree))

    @property
    def lines(self) -> int:
        return len(self.text.splitlines())

    @property
    def in_tests(self) -> bool:
        return self.path.parts[0] == "tests"

    @property
    def name(self) -> str:
        """The dotted name it is imported by, such as `outlay.query.run`."""
        parts = self.path.with_suffix("").parts[1 if self.path.parts[0] == "src" else 0 :]
        return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)

    def functions(self) -> Iterator[Function]:
        return (node for node in self.nodes if isinstance(node, Function))


def size_of(function: Function) -> int:
    """Return the lines of a function from `def` to its last statement, decorators left out."""
    return (function.end_lineno or function.lineno) - function.lineno + 1


def ninetieth(sizes: Iterable[int]) -> int:
    """Return the size that nine of ten do not pass."""
    ordered = sorted(sizes)
    return ordered[max(0, -(-len(ordered) * 9 // 10) - 1)]


def tracked_files() -> list[Path]:
    """Return every file git tracks or would add, relative to the root; without git, every file outside dot folders."""
    git = shutil.which("git")
    if git is not None:
        command = [git, "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
        listed = subprocess.run(command, cwd=ROOT, capture_output=True, check=False, text=True)
        if listed.returncode == 0:
            return sorted(
                path for path in map(Path, filter(None, listed.stdout.split("\0"))) if (ROOT / path).is_file()
            )
    found = (path.relative_to(ROOT) for path in ROOT.rglob("*") if path.is_file())
    return sorted(path for path in found if not any(part.startswith(".") for part in path.parts[:-1]))


def modules(*folders: str) -> list[Module]:
    """Return the Python modules under these folders of the repository."""
    paths = (path for path in tracked_files() if path.suffix == ".py" and path.parts[0] in folders)
    return [Module(path, (ROOT / path).read_text(encoding="utf-8")) for path in paths]
