"""Python looks for no cycles while trees are built, and looks for them as before afterwards."""

from __future__ import annotations

import gc
import threading
from collections.abc import Iterator

import pytest

from snek_core_transform.collection_paused import COLLECTION_PAUSED


@pytest.fixture(autouse=True)
def _collecting() -> Iterator[None]:
    was_on = gc.isenabled()
    gc.enable()
    yield
    (gc.enable if was_on else gc.disable)()


def test_a_pause_within_a_pause_ends_with_the_outer_one() -> None:
    with COLLECTION_PAUSED:
        with COLLECTION_PAUSED:
            assert not gc.isenabled()
        assert not gc.isenabled()
    assert gc.isenabled()


def test_an_error_ends_a_pause() -> None:
    with pytest.raises(KeyError), COLLECTION_PAUSED:
        raise KeyError("x")
    assert gc.isenabled()


def test_a_collector_that_was_off_stays_off() -> None:
    gc.disable()
    with COLLECTION_PAUSED:
        pass
    assert not gc.isenabled()


def test_a_pause_lasts_until_every_thread_has_left_it() -> None:
    inside, leave = threading.Event(), threading.Event()

    def hold() -> None:
        with COLLECTION_PAUSED:
            inside.set()
            leave.wait()

    thread = threading.Thread(target=hold)
    with COLLECTION_PAUSED:
        thread.start()
        inside.wait()
    assert not gc.isenabled()
    leave.set()
    thread.join()
    assert gc.isenabled()
