"""What the package offers: `__all__`, what it looks up, and nothing else."""

from __future__ import annotations

import pytest
import xpm_cli


def test_every_public_name_can_be_had_and_the_list_is_sorted() -> None:
    assert xpm_cli.__all__ == sorted(xpm_cli.__all__)
    assert dir(xpm_cli) == xpm_cli.__all__
    for name in xpm_cli.__all__:
        assert getattr(xpm_cli, name).__name__ == name


def test_another_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="has no attribute 'nothing'"):
        xpm_cli.nothing  # noqa: B018
