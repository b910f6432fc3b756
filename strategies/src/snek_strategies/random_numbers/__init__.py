"""Random numbers from keys: counter-based, the same in plain Python and on every back-end. Public as `snek.random`."""
