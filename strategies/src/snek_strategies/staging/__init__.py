"""Snek's own staging: ordinary Python runs, and what depends on data is collected as IR."""
