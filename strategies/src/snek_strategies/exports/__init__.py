"""Files that other systems load: one module a kind, named in the literal dict of `registry.py`."""
