"""The control plane of a country: central, its provinces, all their sites, with real facts and virtual media."""

from bench.national.suite import FULL, SHORT, measure

__all__ = ["FULL", "SHORT", "measure"]
