"""Take out of texts what must not leave this machine: the user's name and the places of their folders."""

from __future__ import annotations

import getpass
import re
import sys
import tempfile
from functools import cache
from pathlib import Path

from snek_harness.checkout import find_checkout


@cache
def _replacements() -> tuple[tuple[str, str], ...]:
    places = {
        tempfile.gettempdir(): "<tmp>",
        sys.base_prefix: "<python>",
        sys.prefix: "<env>",
        str(Path.home()): "~",
        str(Path.cwd()): ".",
    }
    checkout = find_checkout()
    if checkout is not None:
        places[str(checkout)] = "."
    # The longest first: the environment often lies inside the checkout, and that in the home folder.
    return tuple((place, short) for place, short in sorted(places.items(), key=lambda p: -len(p[0])) if len(place) > 1)


def scrub(text: str) -> str:
    """Return `text` with known folders shortened and the user's name gone."""
    for place, short in _replacements():
        text = re.sub(rf"{re.escape(place)}(?=[/\\\s'\":,)]|$)", short, text)
    user = _user()
    return re.sub(rf"\b{re.escape(user)}\b", "<user>", text) if len(user) > 2 and user != "root" else text


@cache
def _user() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError):
        return ""
