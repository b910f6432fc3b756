"""The jobs of a worker: prepare a block, run its reference, or stage, check and time one cell."""

from __future__ import annotations

from snek_harness.cell_job import CellJob
from snek_harness.channel import Channel
from snek_harness.failure import failed
from snek_harness.messages import Job
from snek_harness.phases import Phases
from snek_harness.prepare_job import prepare
from snek_harness.reference_job import run_reference


def do_job(job: Job, channel: Channel) -> None:
    """Do the job; what it raises becomes a message with the outcome, the phase and the traceback."""
    phases = Phases(channel)
    try:
        match job.kind:
            case "prepare":
                channel.send(prepare(job, phases))
            case "reference":
                channel.send(run_reference(job, phases))
            case "cell":
                CellJob(job, channel, phases).run()
    except ConnectionError:
        raise
    except BaseException as error:  # noqa: BLE001 - the program may raise anything, SystemExit included
        channel.send(failed(error, phases))
