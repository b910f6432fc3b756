from __future__ import annotations

import threading

import pytest

from snek_harness.evidence import FrameCount, program_frames, verdict

ONE = {"stagings": 1, "graphs": 1, "breaks": 0}


def program(x: int) -> int:
    return helper(x) + 1


def helper(x: int) -> int:
    return x


FILE = program.__code__.co_filename


def test_every_frame_of_program_code_is_counted_and_the_first_is_named():
    with program_frames({FILE}, lambda code: False) as count:
        program(1)
        program(2)
    assert count.frames == 4
    assert count.first.startswith("helper at test_evidence.py:")


def test_frames_of_other_files_are_not_counted():
    with program_frames({"elsewhere.py"}, lambda code: False) as count:
        program(1)
    assert count.frames == 0


def test_a_systems_own_entry_code_is_not_counted():
    with program_frames({FILE}, lambda code: code is program.__code__) as count:
        program(1)
    assert count.frames == 1
    assert count.first.startswith("helper")


def test_a_frame_that_ends_by_an_exception_counts():
    with program_frames({FILE}, lambda code: False) as count, pytest.raises(TypeError):
        program("text")  # type: ignore[arg-type]
    assert count.frames == 2


def test_a_thread_started_meanwhile_does_not_hide_a_frame():
    with program_frames({FILE}, lambda code: code.co_name != "program") as count:
        thread = threading.Thread(target=program, args=(1,))
        thread.start()
        thread.join()
    assert count.frames == 1


def test_nothing_is_watched_afterwards():
    with program_frames({FILE}, lambda code: False) as count:
        pass
    program(1)
    assert count.frames == 0


def test_no_frames_and_steady_counters_are_capture():
    assert verdict(FrameCount(), ONE, ONE) == ""


@pytest.mark.parametrize(
    ("frames", "first", "last", "said"),
    [
        (FrameCount(3, "f at p.py:1"), ONE, ONE, "3 frames, the first f at p.py:1"),
        (FrameCount(), ONE, ONE | {"stagings": 2}, "stagings grew from 1 to 2"),
        (FrameCount(), ONE, ONE | {"graphs": 2}, "split into 2 graphs"),
        (FrameCount(), ONE | {"breaks": 1}, ONE | {"breaks": 1}, "went back to Python at 1 places"),
        (FrameCount(), {}, {"stagings": 1}, "stagings grew from 0 to 1"),
    ],
)
def test_each_doubt_is_said(frames: FrameCount, first: dict[str, int], last: dict[str, int], said: str):
    assert said in verdict(frames, first, last)
