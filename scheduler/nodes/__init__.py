"""Installations ("nodes") that know one another: who they are, how they prove it, what one may believe of another.

key        this node's Ed25519 key, and the checking of others' signatures
tables     linked nodes (added by an administrator), nodes they introduced, edges between meetings
pairing    the text with which two administrators make their installations known to one another
registry   adding, revoking, looking up
edges      which meeting stands under which, and on which node each is held
"""
