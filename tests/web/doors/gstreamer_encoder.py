"""GStreamer's encoders, payloaders and webrtcbin as a WHIP client: ``gstreamer_encoder.py URL SECRET PICTURE HERTZ``.

Ends when its input does, by DELETE. Run by the system's Python, to which the bindings belong (python3-gi), so nothing
of ours is imported. Debian 12 has no whipsink, and its whip-client ends at once (two libsoups in one process);
offer and packets are webrtcbin's in those too.
"""

from __future__ import annotations

import sys
import threading
import urllib.request
from typing import Any
from urllib.parse import urljoin

import gi  # type: ignore[import-not-found]  # of the system's Python

for library in ("Gst", "GstSdp", "GstWebRTC"):
    gi.require_version(library, "1.0")
from gi.repository import Gst, GstSdp, GstWebRTC  # type: ignore[import-not-found] # noqa: E402

PIPELINE = """webrtcbin name=out bundle-policy=max-bundle
 filesrc location={picture} ! pnmdec ! videoconvert ! imagefreeze is-live=true ! video/x-raw,framerate=10/1
 ! vp8enc deadline=1 keyframe-max-dist=30 target-bitrate=800000 min-quantizer=0 max-quantizer=10
 ! rtpvp8pay pt=96 mtu=1400
 ! application/x-rtp,media=video,encoding-name=VP8,payload=96,clock-rate=90000 ! out.
 audiotestsrc is-live=true freq={hertz} ! audioconvert ! audioresample ! opusenc ! rtpopuspay pt=97
 ! application/x-rtp,media=audio,encoding-name=OPUS,payload=97,clock-rate=48000 ! out."""


class Encoder:
    """One pipeline and the session that it has been given."""

    def __init__(self, url: str, secret: str, picture: str, hertz: str) -> None:
        self._url = url
        self._headers = {"Authorization": f"Bearer {secret}", "Content-Type": "application/sdp"}
        self._pipeline = Gst.parse_launch(PIPELINE.format(picture=picture, hertz=hertz))
        self._peer = self._pipeline.get_by_name("out")
        self._gathered = threading.Event()
        self._peer.connect("on-negotiation-needed", self._offer)
        self._peer.connect("notify::ice-gathering-state", self._gathering)

    def run(self) -> None:
        self._pipeline.set_state(Gst.State.PLAYING)
        if not self._gathered.wait(20):
            raise SystemExit("no candidates were gathered")
        offer = self._peer.get_property("local-description").sdp.as_text()
        with self._request("POST", self._url, offer.encode()) as answer:
            session = urljoin(self._url, answer.headers["location"])
            self._take(answer.read().decode())
        sys.stdin.read()
        self._request("DELETE", session).close()
        self._pipeline.set_state(Gst.State.NULL)

    def _offer(self, peer: Any) -> None:
        def made(promise: Any) -> None:
            reply = promise.get_reply()  # what it holds lives no longer than it
            offer = reply.get_value("offer")
            peer.emit("set-local-description", offer, Gst.Promise.new())

        peer.emit("create-offer", None, Gst.Promise.new_with_change_func(made))

    def _gathering(self, peer: Any, _: object) -> None:
        if peer.get_property("ice-gathering-state") == GstWebRTC.WebRTCICEGatheringState.COMPLETE:
            self._gathered.set()

    def _take(self, answer: str) -> None:
        _, sdp = GstSdp.SDPMessage.new_from_text(answer)
        described = GstWebRTC.WebRTCSessionDescription.new(GstWebRTC.WebRTCSDPType.ANSWER, sdp)
        self._peer.emit("set-remote-description", described, Gst.Promise.new())

    def _request(self, method: str, url: str, body: bytes | None = None) -> Any:
        request = urllib.request.Request(url, body, self._headers, method=method)  # noqa: S310  # the test's own URL
        return urllib.request.urlopen(request, timeout=20)  # noqa: S310


if __name__ == "__main__":
    Gst.init(None)
    Encoder(*sys.argv[1:5]).run()
