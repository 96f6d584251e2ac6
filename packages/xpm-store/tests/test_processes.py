"""Who a process is."""

from __future__ import annotations

import os
import signal
import sys

import pytest
from xpm_store.processes import Owner, boot_id, host_name, process_start_time

linux = pytest.mark.skipif(sys.platform != "linux", reason="start times are read from /proc")


def test_this_process_is_alive() -> None:
    owner = Owner.current()
    assert owner.is_alive() is True
    assert owner.pid == os.getpid()
    assert owner.host == host_name()


def test_an_owner_survives_its_file() -> None:
    owner = Owner.current()
    assert Owner.from_json(owner.to_json()) == owner


@pytest.mark.parametrize("value", [None, [], {}, {"pid": "x"}, {"pid": True}])
def test_what_names_no_process_is_no_owner(value: object) -> None:
    assert Owner.from_json(value) is None


def test_a_process_of_another_host_cannot_be_told() -> None:
    assert Owner("elsewhere", None, os.getpid(), None).is_alive() is None


def test_without_a_host_this_one_is_meant() -> None:
    assert Owner(None, None, os.getpid(), None).is_alive() is True


@linux
def test_a_recycled_number_is_not_the_owner() -> None:
    mine = process_start_time(os.getpid())
    assert mine is not None
    assert Owner(host_name(), boot_id(), os.getpid(), mine - 10).is_alive() is False


@linux
def test_a_process_of_an_earlier_boot_is_dead() -> None:
    owner = Owner.current()
    assert Owner(owner.host, "another boot", owner.pid, owner.start_time).is_alive() is False


@linux
def test_a_zombie_is_dead_and_so_is_a_process_that_is_gone() -> None:
    gate_read, gate_write = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.read(gate_read, 1)
        os._exit(0)
    owner = Owner.of(pid)
    assert owner.is_alive() is True
    os.kill(pid, signal.SIGKILL)
    os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)  # it has ended, nobody asked how
    assert process_start_time(pid) is None
    assert owner.is_alive() is False
    os.waitpid(pid, 0)
    assert owner.is_alive() is False
    os.close(gate_read)
    os.close(gate_write)


def test_no_process_has_a_number_below_one() -> None:
    assert Owner(None, None, 0, None).is_alive() is False
    assert Owner(None, None, -1, None).is_alive() is False
