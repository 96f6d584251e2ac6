"""Decorators of methods."""

# Wrong arguments are given on purpose; without the plugin, Optional parameters look required
# mypy: disable-error-code="call-arg, arg-type"

from pathlib import Path

import pytest
from xpm_config import (
    Config,
    cache,
    config_only,
    initializer,
)
from xpm_config.errors import (
    ConfigError,
)


def test_decorated_methods() -> None:
    class Decorated(Config):
        __xpmid__ = "t.decorated"

        @initializer
        def setup(self, value: int) -> int:
            return value

        @config_only
        def only(self) -> int:
            return 1

        @cache("x")
        def cached(self, path: Path) -> Path:
            return path

    config = Decorated.C()
    assert (config.setup(1), config.setup(2)) == (1, 1)
    assert config.only() == 1
    with pytest.raises(ConfigError, match="for configurations"):
        config.instance().only()
    with pytest.raises(ConfigError, match="no workspace"):
        config.cached()
