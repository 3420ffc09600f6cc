"""``python -m bench levels``: the floor over four installations one below the other, from request to picture."""
