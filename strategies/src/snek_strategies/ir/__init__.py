"""The Snek IR: a small typed functional language, its verifier, its printers, and the interpreter, its meaning."""
