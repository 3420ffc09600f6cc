"""What is where in the demonstration: folders, names, addresses, ports and commands. Pure: nothing is done here.

With namespaces (as root) each installation has a network of its own: one line to the people (this machine), and one to
each neighbour level. Without, each has a loopback address, and they differ by that and by their ports.
"""

from __future__ import annotations

import sys
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from scheduler.organization.demonstration import demo_id

MARK = "DEMO_OF_GIAO_BAN"  # in the environment of all that is started: how leftovers are found
BLOCKS = 16  # demonstrations on one machine that do not meet
WEB_PORT, MEDIA_PORT, DATABASE_PORT = 8441, 3481, 5441
PEOPLE, DOWN, UP = "people", "lower", "upper"  # network devices inside a namespace


@dataclass(frozen=True, slots=True)
class Place:
    """One installation. ``key`` is its unit's in the demonstration organisation."""

    number: int  # 0 at the top
    name: str
    title: str
    key: str
    data: Path
    address: str
    people_address: str  # of this machine, as the installation sees it
    namespace: str | None
    device: str  # this machine's end of the line to it

    @property
    def port(self) -> int:
        return WEB_PORT + self.number

    @property
    def media_port(self) -> int:
        return MEDIA_PORT + self.number

    @property
    def database_port(self) -> int:
        return DATABASE_PORT + self.number

    @property
    def url(self) -> str:
        """Over TLS where it is another computer to a browser; loopback addresses need none."""
        return f"{'https' if self.namespace else 'http'}://{self.address}:{self.port}"

    @property
    def unit_id(self) -> str:
        return demo_id(f"unit:{self.key}")

    @property
    def authority(self) -> Path | None:
        """Of its certificate."""
        return self.data / "keys" / "ca.crt" if self.namespace else None

    @property
    def password_file(self) -> Path:
        """Of all its demonstration accounts."""
        return self.data / "keys" / "demonstration-password"


@dataclass(frozen=True, slots=True)
class Layout:
    folder: Path
    block: int
    places: tuple[Place, ...]

    @property
    def isolated(self) -> bool:
        return self.places[0].namespace is not None

    @property
    def central(self) -> Place:
        return self.places[0]

    @property
    def province(self) -> Place:
        return self.places[1]

    @property
    def district(self) -> Place:
        return self.places[2]

    @property
    def logs(self) -> Path:
        return self.folder / "log"

    @property
    def mark(self) -> str:
        return str(self.folder)


LEVELS = (
    ("central", "Văn phòng Chính phủ", "trunguong"),
    ("province", "UBND tỉnh Hà Giang", "tinh"),
    ("district", "UBND huyện Quản Bạ", "quanba"),
)


def lay_out(folder: Path, *, isolated: bool, levels: Sequence[tuple[str, str, str]] = LEVELS) -> Layout:
    """Installations (name, title, unit) below this folder, the highest first; the same folder has the same names and
    addresses each time."""
    folder = folder.absolute()
    block = zlib.crc32(str(folder).encode()) % BLOCKS
    places = []
    for number, (name, title, key) in enumerate(levels):
        network = f"198.18.{16 * block + number}" if isolated else f"127.77.{block}"
        places.append(
            Place(
                number=number,
                name=name,
                title=title,
                key=key,
                data=folder / name,
                address=f"{network}.2" if isolated else f"{network}.{11 + number}",
                people_address=f"{network}.1" if isolated else "127.0.0.1",
                namespace=f"giaoban{block:x}-{name}" if isolated else None,
                device=f"gb{block:x}-{name}",
            )
        )
    return Layout(folder, block, tuple(places))


def environment(place: Place, inherited: Mapping[str, str], layout: Layout, database_url: str = "") -> dict[str, str]:
    """Of an installation's processes: settings of this shell are not theirs."""
    values = {name: value for name, value in inherited.items() if not name.startswith("GIAOBAN_")}
    values |= {
        MARK: layout.mark,
        "GIAOBAN_DATA": str(place.data),
        "GIAOBAN_HOST": place.address,
        "GIAOBAN_PORT": str(place.port),
        "GIAOBAN_PUBLIC_URL": place.url,
        "GIAOBAN_MEDIA_PORT": str(place.media_port),
        "GIAOBAN_ARCHIVE_HEIGHT": "360",
        "GIAOBAN_LOG_LEVEL": "info",
    }
    if database_url:
        values["GIAOBAN_DATABASE_URL"] = database_url
    if place.namespace:
        values["GIAOBAN_MEDIA_ADDRESSES"] = place.address
        values["GIAOBAN_TLS_CERTIFICATE"] = str(place.data / "keys" / "server.crt")
        values["GIAOBAN_TLS_KEY"] = str(place.data / "keys" / "server.key")
    return values


def inside(place: Place, *command: str, death: str = "TERM") -> list[str]:
    """The command in this installation's network; it ends when whoever started it dies."""
    network = ["ip", "netns", "exec", place.namespace] if place.namespace else []
    return ["setpriv", "--pdeathsig", death, *network, *command]


def serve(place: Place) -> list[str]:
    """``giaoban serve`` of this installation."""
    return inside(place, sys.executable, "-m", "web.command", "serve", "--demo", "--no-example")


# -- the network ----------------------------------------------------------------------------------------------------


def to_people(place: Place) -> list[list[str]]:
    """A namespace, and a line from it to this machine."""
    name, device = place.namespace or "", place.device
    return [
        ["ip", "netns", "add", name],
        ["ip", "link", "add", device, "type", "veth", "peer", "name", PEOPLE, "netns", name],
        ["ip", "addr", "add", f"{place.people_address}/30", "dev", device],
        ["ip", "link", "set", "dev", device, "up"],
        ["ip", "-n", name, "addr", "add", f"{place.address}/30", "dev", PEOPLE],
        ["ip", "-n", name, "link", "set", PEOPLE, "up"],
        ["ip", "-n", name, "link", "set", "lo", "up"],
    ]


def between(upper: Place, lower: Place) -> list[list[str]]:
    """A line between two levels that is none of this machine's: it goes from namespace to namespace."""
    ends = ("type", "veth", "peer", "name", UP, "netns", lower.namespace or "")
    return [["ip", "-n", upper.namespace or "", "link", "add", DOWN, *ends], *routes(upper, lower)]


def over_relay(upper: Place, lower: Place, devices: tuple[str, str]) -> list[list[str]]:
    """The same, of two tunnel devices that the relay has made on this machine."""
    return [
        ["ip", "link", "set", devices[0], "netns", upper.namespace or "", "name", DOWN],
        ["ip", "link", "set", devices[1], "netns", lower.namespace or "", "name", UP],
        *routes(upper, lower),
    ]


def routes(upper: Place, lower: Place) -> list[list[str]]:
    """Each reaches the other's own address over the line between them, and no other way."""
    commands = []
    for here, there, device in ((upper, lower, DOWN), (lower, upper, UP)):
        name = here.namespace or ""
        commands += [
            ["ip", "-n", name, "link", "set", "dev", device, "up"],
            ["ip", "-n", name, "route", "add", there.address, "dev", device, "src", here.address],
        ]
    return commands
