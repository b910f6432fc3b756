"""What a run's host and software were, without user names, raw host names or places outside the repository."""

from __future__ import annotations

import hashlib
import importlib.metadata
import os
import platform
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import psutil

from snek_harness.checkout import commit, dirty_files, find_checkout

_FRAMEWORKS = ("snek", "torch", "triton", "tensorflow", "tensorflow-cpu", "jax", "jaxlib", "numba", "llvmlite")


def capture() -> dict[str, object]:
    """Return the environment, as nested facts that JSON can hold."""
    checkout = find_checkout()
    return {
        "host": host_hash(),
        "commit": commit(checkout) if checkout else None,
        "dirty_files": dirty_files(checkout) if checkout else [],
        "platform": {
            "system": platform.system(),
            "release": platform.release(),
            "machine": platform.machine(),
            "libc": " ".join(platform.libc_ver()).strip() or None,
        },
        "python": {"implementation": platform.python_implementation(), "version": platform.python_version()},
        "cpu": {
            "model": _cpu_model(),
            "governor": _governor(),
            "cores": psutil.cpu_count(logical=False),
            "threads": psutil.cpu_count(),
            "usable": _usable_cores(),
            "memory_bytes": psutil.virtual_memory().total,
        },
        "gpu": gpus(),
        "blas": _blas(),
        "packages": _packages(),
    }


def doubts(environment: Mapping[str, object] | None = None) -> list[str]:
    """Return what makes timings on this host less sure, one sentence each."""
    facts = capture() if environment is None else environment
    cpu = facts["cpu"]
    assert isinstance(cpu, Mapping)
    found = []
    if cpu["governor"] not in (None, "performance"):
        found.append(f"the CPU governor is {cpu['governor']!r}, not 'performance': clocks change between cells")
    if cpu["governor"] is None:
        found.append("the CPU governor is unknown: clocks may change between cells")
    load = os.getloadavg()[0]
    if load > 0.5:
        found.append(f"the host is busy: {load:.1f} processes ran on average in the last minute")
    if facts["dirty_files"]:
        found.append("the checkout is dirty: the commit alone does not reproduce a run")
    return found


def host_hash() -> str:
    """Return eight hexadecimal digits that tell hosts apart and do not tell their names."""
    names = [platform.node(), platform.machine()]
    for place in ("/etc/machine-id", "/var/lib/dbus/machine-id"):
        if os.access(place, os.R_OK):
            names.append(Path(place).read_text().strip())
            break
    return hashlib.sha256("\0".join(["snek host", *names]).encode()).hexdigest()[:8]


def gpus() -> list[dict[str, str]]:
    """Return the NVIDIA GPUs with driver, memory and clocks; none where the driver's tool is not installed."""
    tool = shutil.which("nvidia-smi")
    if tool is None:
        return []
    fields = ("name", "driver_version", "memory.total", "clocks.sm", "clocks.max.sm", "persistence_mode")
    done = subprocess.run(  # noqa: S603 - the driver's own tool
        [tool, f"--query-gpu={','.join(fields)}", "--format=csv,noheader"],
        capture_output=True, text=True, check=False, timeout=30,
    )  # fmt: skip
    lines = done.stdout.splitlines() if done.returncode == 0 else []
    return [dict(zip(fields, map(str.strip, line.split(",")), strict=False)) for line in lines]


def _cpu_model() -> str | None:
    if sys.platform == "darwin":
        done = subprocess.run(
            ["/usr/sbin/sysctl", "-n", "machdep.cpu.brand_string"], capture_output=True, text=True, check=False
        )
        return done.stdout.strip() or None
    info = Path("/proc/cpuinfo")
    found = re.search(r"^model name\s*: (.*)$", info.read_text(), re.MULTILINE) if info.is_file() else None
    return found.group(1) if found else platform.processor() or None


def _governor() -> str | None:
    governor = Path("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor")
    return governor.read_text().strip() if governor.is_file() else None


def _usable_cores() -> int | None:
    return len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count()


def _blas() -> list[dict[str, object]]:
    import numpy  # noqa: F401 - loading it loads its BLAS
    import threadpoolctl

    keys = ("user_api", "internal_api", "version", "architecture", "threading_layer")
    return [{key: library[key] for key in keys if key in library} for library in threadpoolctl.threadpool_info()]


def _packages() -> dict[str, str]:
    """Return the versions of what Snek requires and of the frameworks, where they are installed."""
    try:
        requirements = [line for line in importlib.metadata.requires("snek") or [] if "extra ==" not in line]
    except importlib.metadata.PackageNotFoundError:
        requirements = []
    names = {re.split(r"[^A-Za-z0-9._-]", requirement, maxsplit=1)[0] for requirement in requirements}
    versions = {}
    for name in sorted(names.union(_FRAMEWORKS)):
        try:
            versions[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
    return versions
