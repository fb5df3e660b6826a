"""The bundled excerpt of public traces, read into frozen structs; data/README.md says where it comes from.

It holds measurements (how busy, how long, how much cached), never a request's content. tools/build_demo_excerpt.py in
the repository builds it; a change of these structs goes with a rebuild.
"""

import gzip
from importlib import resources

import msgspec
from msgspec import Struct


class TraceClient(Struct, frozen=True, forbid_unknown_fields=True):
    """One measured client of ServeGen.

    `share_ppm` is its share of its model's requests in millionths; `hours` and `days` are rates of the hours of a day
    and of fourteen days, 100 = its mean; the others are 32 quantiles, `reason_permille` only for reasoning models.
    """

    model: str
    client: int
    share_ppm: int
    hours: tuple[int, ...]
    days: tuple[int, ...]
    input: tuple[int, ...]
    output: tuple[int, ...]
    reason_permille: tuple[int, ...]


class Excerpt(Struct, frozen=True, forbid_unknown_fields=True):
    """`calls` are sampled requests of Mooncake by kind: input tokens, output tokens, input tokens seen before."""

    clients: tuple[TraceClient, ...]
    calls: dict[str, tuple[tuple[int, int, int], ...]]

    def of_model(self, model: str) -> tuple[TraceClient, ...]:
        """Return the clients of one measured model, the busiest first."""
        return tuple(client for client in self.clients if client.model == model)


def read_excerpt() -> Excerpt:
    packed = resources.files("outlay.demo").joinpath("data", "excerpt.json.gz").read_bytes()
    return msgspec.json.decode(gzip.decompress(packed), type=Excerpt)
