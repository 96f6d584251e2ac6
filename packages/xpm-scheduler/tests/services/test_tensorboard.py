"""Without TensorBoard; the real one is in the integration tests."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest
from xpm_scheduler.services import Service, TensorBoardService
from xpm_scheduler.services.errors import ServiceFailed


def test_it_is_made_again_by_monitors() -> None:
    service = TensorBoardService(Path("/results"))
    again = Service.from_state_dict(service.class_name, service.recorded_state())
    assert isinstance(again, TensorBoardService)
    assert again.description() == "TensorBoard on /results"


def test_without_tensorboard_it_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(ServiceFailed, match=r"pip install 'xpm-scheduler\[tensorboard\]'"):
        TensorBoardService(tmp_path, log_directory=tmp_path).get_url()
