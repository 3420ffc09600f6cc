"""What a link between two rooms is made of; ``sfu/link.py`` puts it together (docs/decisions/0024). Sans-IO.

``lanes.py`` are the fixed streams of a link; ``terms.py`` its parameters, exchanged before; ``statement.py`` is what
the two rooms tell each other, ``talk.py`` how that gets there; ``placing.py`` decides who goes into which lane;
``linked.py`` is what all links of a room mean for it: the program that holds, far peers, who is asked for below.
"""
