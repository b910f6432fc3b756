"""The Snek IR: a small typed functional language, its verifier, its printers and the interpreter that is its meaning."""
