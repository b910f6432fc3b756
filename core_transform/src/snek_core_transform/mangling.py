"""Private names in classes, as Python spells them inside."""

from __future__ import annotations


def mangled(name: str, class_name: str | None) -> str:
    """Return the name under which code in class `class_name` stores `name`.

    >>> mangled("__x", "_Box"), mangled("__x__", "Box"), mangled("__x", None)
    ('_Box__x', '__x__', '__x')
    """
    stem = (class_name or "").lstrip("_")
    if not stem or not name.startswith("__") or name.endswith("__") or "." in name:
        return name
    return f"_{stem}{name}"
