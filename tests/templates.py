"""Templates of the pages, compiled once for a whole test process: most of what a site costs to open is compiling them.

Each site still loads templates of its own, with its own globals; only the code they compile to is shared.
"""

from functools import partial

import pytest
from jinja2 import BytecodeCache, Environment
from jinja2.bccache import Bucket

from outlay.web import render


class _CompiledOnce(BytecodeCache):
    def __init__(self) -> None:
        self._compiled: dict[tuple[str, str], Bucket] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        known = self._compiled.get((bucket.key, bucket.checksum))
        bucket.code = known.code if known else None

    def dump_bytecode(self, bucket: Bucket) -> None:
        self._compiled[bucket.key, bucket.checksum] = bucket


def compile_templates_once(patch: pytest.MonkeyPatch) -> None:
    """Have every renderer of this process take what another one compiled."""
    patch.setattr(render, "Environment", partial(Environment, bytecode_cache=_CompiledOnce()))
