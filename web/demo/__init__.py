"""``giaoban demo province``: three linked installations on one machine, as three levels of government have them.

``layout.py`` says what is where (pure); ``network.py`` gives each a network of its own, ``line.py`` is a bad line
between two; ``processes.py``, ``leftovers.py`` and ``postgres.py`` start and end what runs; ``linking.py`` and
``conference.py`` do over the API what administrators and secretaries would do; ``sites.py`` are light peers for the
sites, ``browsers.py`` real Chromiums; ``run.py`` is the whole way, ``screen.py`` what is said on it.
"""
