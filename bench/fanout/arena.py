"""Where a run happens: the server in a network namespace, the generator here, a veth pair between; every client has
an address of its own on this side (a whole network is local here), as in life."""

from __future__ import annotations

import resource
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from tests.namespace import Namespace, namespace

OPEN_FILES = 16384


@dataclass(slots=True)
class Arena:
    """``server`` is where servers run and what they announce; ``address`` hands out clients' addresses."""

    namespace: Namespace
    network: str  # the first two numbers of the clients' network
    _given: int = field(default=0)

    @property
    def server(self) -> str:
        return self.namespace.there

    def address(self) -> str:
        """The next client's."""
        self._given += 1
        number = self._given % 60_000
        return f"{self.network}.{number // 250}.{number % 250 + 1}"

    def command(self, *arguments: str) -> list[str]:
        """These arguments, run where servers run."""
        return self.namespace.command(*arguments)


@contextmanager
def arena() -> Iterator[Arena]:
    """One arena; needs root. It is gone afterwards."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(most, OPEN_FILES), most))
    with namespace() as made:
        network = f"10.{200 + int(made.here.split('.')[2]) % 50}"
        route = ("local", f"{network}.0.0/16", "dev", "lo")
        subprocess.run(["ip", "route", "add", *route], check=True)
        try:
            yield Arena(made, network)
        finally:
            subprocess.run(["ip", "route", "del", *route], check=False)
