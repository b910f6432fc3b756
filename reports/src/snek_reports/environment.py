"""The manifest's nested facts as flat rows, whatever their depth."""

from __future__ import annotations

from collections.abc import Mapping


def flatten(facts: Mapping[str, object], prefix: str = "") -> dict[str, str]:
    """Return every leaf of nested mappings under its dotted name, as text.

    >>> flatten({"cpu": {"cores": 2, "governor": None}, "gpu": [{"name": "H200"}, {"name": "T4"}], "dirty": []})
    {'cpu.cores': '2', 'cpu.governor': 'unknown', 'gpu': 'name=H200, name=T4', 'dirty': 'none'}
    """
    rows: dict[str, str] = {}
    for name, value in facts.items():
        if isinstance(value, Mapping) and value:
            rows |= flatten(value, f"{prefix}{name}.")
        else:
            rows[f"{prefix}{name}"] = _as_text(value)
    return rows


def find(facts: Mapping[str, object], name: str) -> list[object]:
    """Return every non-mapping value whose own name is `name`, at any depth."""
    found: list[object] = []
    for key, value in facts.items():
        if isinstance(value, Mapping):
            found += find(value, name)
        elif key == name:
            found.append(value)
    return found


def _as_text(value: object) -> str:
    if value is None:
        return "unknown"
    if isinstance(value, Mapping):
        return " ".join(f"{name}={_as_text(item)}" for name, item in value.items()) or "none"
    if isinstance(value, list | tuple):
        return ", ".join(_as_text(item) for item in value) or "none"
    return str(value)
