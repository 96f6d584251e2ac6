from xpm_config.modes import RunMode, TransientMode


def test_a_run_mode_is_written_as_the_command_line_does() -> None:
    assert [mode.value for mode in RunMode] == ["normal", "generate", "dry-run", "prepare"]
    assert RunMode("dry-run") is RunMode.DRY_RUN


def test_the_most_conservative_transient_mode_is_the_lowest() -> None:
    assert min(TransientMode.REMOVE, TransientMode.NONE) is TransientMode.NONE
    assert min(TransientMode.REMOVE, TransientMode.TRANSIENT) is TransientMode.TRANSIENT


def test_only_remove_removes_and_only_none_is_not_transient() -> None:
    assert [mode.should_remove for mode in TransientMode] == [False, False, True]
    assert [mode.is_transient for mode in TransientMode] == [False, True, True]
