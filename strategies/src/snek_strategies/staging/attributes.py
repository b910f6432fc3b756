"""What an object holds by name, wherever its class keeps it."""

from __future__ import annotations

from types import MemberDescriptorType
from weakref import WeakKeyDictionary


def attributes_of(value: object) -> dict[str, object]:
    """Return what an object holds by name: in its slots, then in its dict."""
    held = {name: getattr(value, name) for name in slots_of(type(value)) if hasattr(value, name)}
    return held | getattr(value, "__dict__", {})


_SLOTS: WeakKeyDictionary[type, tuple[str, ...]] = WeakKeyDictionary()


def slots_of(kind: type) -> tuple[str, ...]:
    """Return the names of a class's slots."""
    found = _SLOTS.get(kind)
    if found is None:
        every = ((name, held) for one in kind.__mro__ for name, held in vars(one).items())
        own = dict.fromkeys(name for name, held in every if isinstance(held, MemberDescriptorType))
        found = _SLOTS[kind] = tuple(name for name in own if not name.endswith("__"))
    return found
