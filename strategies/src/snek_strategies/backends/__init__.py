"""The back-ends: each takes a program of the IR, prints what it makes of it, and compiles that to a callable."""
