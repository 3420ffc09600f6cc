"""208 sites in a linked meeting over three levels: ``python -m bench linked``; media workers, no web processes.

One worker for each level, as in ``giaoban demo province``: the province's holds ten district rooms besides its own.
``tree.py`` builds them, ``crowd.py`` fills them with the fan-out bench's native clients, so that their number costs the
machine little; ``small.py`` looks closely at few. Single links: ``bench/linked_media.py``.
"""
