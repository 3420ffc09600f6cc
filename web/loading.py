"""All that web process and media workers are made of, loaded before they are forked."""

from __future__ import annotations

import gc

gc.disable()  # modules stay: looking for garbage among them is a good part of the loading

import web.app  # noqa: E402
import web.media.worker  # noqa: E402
import web.server  # noqa: E402, F401
from web.api.router import endpoints  # noqa: E402

endpoints()
gc.freeze()  # nor do the children look there, and their memory stays shared
gc.enable()
