"""Another program, run so that it never outlives this process."""

import ctypes
import os
import signal
import subprocess
import sys
from collections.abc import Mapping


def supervised(command: list[str], env: Mapping[str, str] | None = None) -> str:
    """Runs *command* in a process group that never outlives this process. Returns the end of what it said."""
    child = subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        env=env,
        start_new_session=True,
        preexec_fn=_die_with_parent if sys.platform == "linux" else None,
    )
    try:
        said, _ = child.communicate()
    except BaseException:
        os.killpg(child.pid, signal.SIGKILL)
        child.wait()
        raise
    return " ".join(said.split())[-500:] or f"exit code {child.returncode}"


def _die_with_parent() -> None:
    """Linux only: the kernel kills this child when its parent is killed (prctl(2), PR_SET_PDEATHSIG = 1)."""
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)
