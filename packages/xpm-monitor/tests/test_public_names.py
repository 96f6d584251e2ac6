"""What the package offers: `__all__`, what it looks up, and nothing else."""

from __future__ import annotations

import pytest
import xpm_monitor


def test_every_public_name_can_be_had_and_the_list_is_sorted() -> None:
    assert xpm_monitor.__all__ == sorted(xpm_monitor.__all__)
    assert dir(xpm_monitor) == xpm_monitor.__all__
    for name in xpm_monitor.__all__:
        assert getattr(xpm_monitor, name).__name__ == name


def test_another_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="has no attribute 'nothing'"):
        xpm_monitor.nothing  # noqa: B018
