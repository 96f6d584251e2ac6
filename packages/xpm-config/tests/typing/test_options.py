"""The options of the mypy plugin."""

from __future__ import annotations

from pathlib import Path

import pytest
from xpm_config.mypy.options import PluginOptions, PluginOptionsError, read_options


def test_without_a_section_everything_is_checked(tmp_path: Path) -> None:
    file = tmp_path / "pyproject.toml"
    file.write_text("[tool.mypy]\nstrict = true\n", encoding="utf-8")
    assert read_options(str(file)) == read_options(None) == PluginOptions()
    assert read_options(str(tmp_path / "missing.toml")) == PluginOptions(True, True)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("pyproject.toml", "[tool.xpm-config-mypy]\ncheck_composition = false\n"),
        ("mypy.ini", "[mypy]\nstrict = true\n[xpm-config-mypy]\ncheck_composition = no\n"),
        ("setup.cfg", "[xpm-config-mypy]\ncheck_composition: False\n"),
    ],
)
def test_options_are_read_from_the_file_that_configures_mypy(
    tmp_path: Path, name: str, text: str
) -> None:
    file = tmp_path / name
    file.write_text(text, encoding="utf-8")
    options = read_options(str(file))
    assert options == PluginOptions(check_composition=False)
    assert options.cache_key() != PluginOptions().cache_key()


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("check_compositions = true", "did you mean 'check_composition'?"),
        ("colour = true", "there are check_composition, check_direct_calls."),
        ('check_composition = "maybe"', "expected true or false"),
    ],
)
def test_a_wrong_option_is_an_error_that_says_what_to_write(
    tmp_path: Path, line: str, message: str
) -> None:
    file = tmp_path / "pyproject.toml"
    file.write_text(f"[tool.xpm-config-mypy]\n{line}\n", encoding="utf-8")
    with pytest.raises(PluginOptionsError) as caught:
        read_options(str(file))
    assert message in str(caught.value)
    assert str(file) in str(caught.value)
