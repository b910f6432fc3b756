"""How each framework writes the names of the Python Array API; one table a file, used by the core's `bind`."""
