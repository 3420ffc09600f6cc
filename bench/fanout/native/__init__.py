"""The packet work of the load generator and of the limit, in C behind Cython. ``bench/fanout/build.py`` builds it."""
