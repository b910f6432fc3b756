"""The project's front door for work: `nox -s bench`, `tests`, `lint`, `types`, `layers`, `package`, `report`."""

from __future__ import annotations

import os
import re
import shutil
from pathlib import Path

import nox

nox.needs_version = ">=2024.10.9"
nox.options.sessions = ["tests"]
nox.options.reuse_existing_virtualenvs = True
nox.options.default_venv_backend = "uv|virtualenv"

ROOT = Path(__file__).parent
CONSTRAINTS = ("-c", str(ROOT / "constraints.txt"))
PARALLEL = ("--numprocesses=auto", "--dist=loadfile")
SANITIZED = tuple(str(path) for path in sorted(ROOT.glob("strategies/tests/test_lantern*.py")))
# A folder full of names that must never be taken for Snek's own.
HOSTILE = ("strategies", "harness", "workloads", "results", "reports", "core_transform", "tests", "record", "noxfile")


def install(session: nox.Session, extras: str) -> None:
    """Install Snek in place with `extras`, at the pinned versions; PyTorch from SNEK_TORCH_INDEX where that is set."""
    index = os.environ.get("SNEK_TORCH_INDEX")
    if index:
        pinned = re.search(r"^torch==\S+$", (ROOT / "constraints.txt").read_text(), re.MULTILINE)
        assert pinned is not None, "constraints.txt pins torch"
        session.install(pinned.group(), "--index-url", index)
    session.install(*CONSTRAINTS, "-e", f".[{extras}]" if extras else ".")


@nox.session
def bench(session: nox.Session) -> None:
    """Run the reproducible experiment and write its report: every strategy on every workload."""
    install(session, "all")
    session.run("snek", "bench", *session.posargs)


@nox.session
def tests(session: nox.Session) -> None:
    """Run every test, on all cores."""
    install(session, "all,dev")
    session.run("pytest", *(session.posargs or PARALLEL))


@nox.session
def cpython(session: nox.Session) -> None:
    """Virtualize the interpreter's own test modules and compare every test with the plain run."""
    install(session, "")
    session.run("python", "core_transform/proofs/cpython/suite.py", *session.posargs)


@nox.session
def thirdparty(session: nox.Session) -> None:
    """Virtualize well-known packages and compare each of their own tests with the plain run."""
    install(session, "thirdparty")
    session.run("python", "core_transform/proofs/thirdparty/suite.py", *session.posargs)


@nox.session
def fuzz(session: nox.Session) -> None:
    """Generate programs over every form of statement and compare each with its virtualized runs."""
    install(session, "")
    session.install(*CONSTRAINTS, "hypothesis")
    session.run("python", "core_transform/proofs/fuzz/run.py", *session.posargs)


@nox.session
def sanitize(session: nox.Session) -> None:
    """Run Lantern's tests with every program compiled for AddressSanitizer and UndefinedBehaviorSanitizer."""
    install(session, "dev")
    found = [
        session.run("g++", f"-print-file-name={name}", external=True, silent=True).strip()
        for name in ("libasan.so", "libubsan.so", "libstdc++.so.6")  # the last, so that its exceptions are seen
    ]
    environment = {
        "CXX": "g++ -fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer -g",
        "LD_PRELOAD": " ".join(found),
        # Python leaves memory to the end of the process; a program without memory is to get none, not to stop.
        "ASAN_OPTIONS": "detect_leaks=0:allocator_may_return_null=1",
        "SNEK_CACHE_DIR": str(Path(session.create_tmp()).resolve() / "programs"),
    }
    session.run("python", "-m", "pytest", *(session.posargs or SANITIZED), env=environment)


@nox.session
def coverage(session: nox.Session) -> None:
    """Run every test and say which lines and branches no test reaches; processes that tests start are not counted."""
    install(session, "all,dev")
    session.run("pytest", *PARALLEL, "--cov", "--cov-report=term:skip-covered", "--cov-fail-under=85")


@nox.session
def lint(session: nox.Session) -> None:
    """Check format and lint rules."""
    session.install(*CONSTRAINTS, "ruff")
    session.run("ruff", "format", "--check", ".")
    session.run("ruff", "check", ".")


@nox.session
def types(session: nox.Session) -> None:
    """Check types, strictly."""
    install(session, "dev")
    session.run("mypy")


@nox.session
def layers(session: nox.Session) -> None:
    """Check that each folder imports only what the design allows."""
    install(session, "dev")
    session.run("lint-imports")


@nox.session
def report(session: nox.Session) -> None:
    """Write the report of a recorded run again: `nox -s report -- RUN` (the newest run where none is named)."""
    install(session, "")
    session.run("snek", "report", *session.posargs)


@nox.session
def package(session: nox.Session) -> None:
    """Build sdist, then wheel from it; install the wheel elsewhere and run it among hostile module names."""
    session.install(*CONSTRAINTS, "build")
    elsewhere = Path(session.create_tmp()).resolve()
    dist, venv, folder = elsewhere / "dist", elsewhere / "venv", elsewhere / "hostile"
    for path in (dist, venv, folder):
        shutil.rmtree(path, ignore_errors=True)
    session.run("python", "-m", "build", "--outdir", str(dist), ".", silent=True)
    session.run("python", "-m", "venv", str(venv), external=True)
    (wheel,) = dist.glob("snek-*.whl")
    (sdist,) = dist.glob("snek-*.tar.gz")
    session.log(f"built {sdist.name} ({sdist.stat().st_size} bytes), {wheel.name} ({wheel.stat().st_size} bytes)")
    python = str(venv / "bin" / "python")
    session.run(python, "-m", "pip", "install", "-q", *CONSTRAINTS, str(wheel), external=True)
    folder.mkdir()
    for name in HOSTILE:
        (folder / f"{name}.py").write_text(f"raise RuntimeError('{name} of the user was imported')\n")
    for name in ("results", "reports"):
        (folder / f"{name}.py").unlink()
        (folder / name).mkdir()
        (folder / name / "__init__.py").write_text(f"raise RuntimeError('{name} of the user was imported')\n")
    with session.chdir(folder):
        session.run(str(venv / "bin" / "snek"), "list", external=True)
        session.run(
            str(venv / "bin" / "snek"), "bench", "-w", "collatz", "-s", "eager/numpy", "--size", "tiny",
            "--results", str(elsewhere / "runs"), external=True,
        )  # fmt: skip
        code = (
            "import importlib.util, sys; sys.path[:] = [p for p in sys.path if p not in ('', sys.argv[1])]; "
            f"found = [n for n in {HOSTILE!r} if importlib.util.find_spec(n)]; "
            "sys.exit(f'importable: {found}' if found else 0)"
        )
        session.run(python, "-c", code, str(folder), external=True)
