from __future__ import annotations

import os
import resource

from xpm_scheduler.launchers.inheritance import inherited_settings


def test_they_are_equal_until_something_changes_that_a_child_inherits() -> None:
    before = inherited_settings()
    assert inherited_settings() == before
    umask = os.umask(0o27)
    try:
        assert inherited_settings() != before
    finally:
        os.umask(umask)
    soft, hard = resource.getrlimit(resource.RLIMIT_CORE)
    resource.setrlimit(resource.RLIMIT_CORE, (0 if soft else 1, hard))
    try:
        assert hard == 0 or inherited_settings() != before
    finally:
        resource.setrlimit(resource.RLIMIT_CORE, (soft, hard))
    assert inherited_settings() == before
