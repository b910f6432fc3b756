"""The front door: `import snek` and the `snek` command."""
