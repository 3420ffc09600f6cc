"""A bad line in user space: link.py is the line, relay.py puts it before a server."""
