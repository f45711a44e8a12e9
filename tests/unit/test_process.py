"""Telling a process that is gone from one that lives, and from one that cannot be seen."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace

from provisioner.process import is_alive, this_process


def test_we_are_here() -> None:
    mine = this_process()
    assert mine.pid == os.getpid()
    assert not mine.is_gone()
    assert not mine.is_of_another_boot()


def test_a_process_that_ended_is_gone_even_before_it_was_waited_for() -> None:
    child = subprocess.Popen([sys.executable, "-c", ""], stdout=subprocess.PIPE)
    try:
        os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
        assert replace(this_process(), pid=child.pid).is_gone()
    finally:
        child.communicate()
    assert replace(this_process(), pid=child.pid).is_gone()


def test_a_later_process_of_the_same_number_is_another_one() -> None:
    mine = this_process()
    birth, _, home = mine.token.partition("@")
    assert replace(mine, token=f"{int(birth) - 1}@{home}").is_gone()


def test_of_another_host_nothing_is_certain() -> None:
    far = replace(this_process(), host="elsewhere", pid=1, token="1@other")
    assert not far.is_gone()
    assert not far.is_of_another_boot()


def test_the_same_host_after_a_new_start_is_told_apart() -> None:
    before = replace(this_process(), token="1@another-boot")
    assert before.is_of_another_boot()
    assert not before.is_gone()


def test_a_process_is_alive_only_under_its_own_number_birth_and_boot() -> None:
    mine = this_process()
    birth, _, home = mine.token.partition("@")
    assert is_alive(mine.pid, mine.token)
    assert not is_alive(os.getppid(), mine.token)
    assert not is_alive(mine.pid, f"{int(birth) - 1}@{home}")
    assert not is_alive(mine.pid, f"{birth}@another-boot")
    assert not is_alive(mine.pid, "")
