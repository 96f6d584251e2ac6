from __future__ import annotations

import subprocess
import sys

import pytest
import xpm_scheduler


@pytest.mark.parametrize("name", xpm_scheduler.__all__)
def test_each_public_name_is_there(name: str) -> None:
    assert isinstance(getattr(xpm_scheduler, name), type)
    assert name in dir(xpm_scheduler)


def test_the_experiment_is_the_class_whatever_was_imported_before() -> None:
    code = (
        "from xpm_scheduler.experiment import experiment as one\n"
        "from xpm_scheduler import experiment as two\n"
        "assert one is two"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_the_process_of_a_job_does_not_load_the_scheduler() -> None:
    code = (
        "import sys, xpm_scheduler.worker\n"
        "loaded = {'asyncio', 'sqlite3', 'xpm_scheduler.loop', 'xpm_scheduler.experiment'}\n"
        "assert not loaded & set(sys.modules), loaded & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="nothing"):
        _ = xpm_scheduler.nothing
