"""What the machine has used, as CodeCarbon estimates it: offline, silent, without a file."""

from __future__ import annotations

import importlib
import logging
from typing import Any

from xpm_scheduler.carbon.shares import Energy

__all__ = ["WORLD", "CodeCarbonSource"]

WORLD = "world average"
_NO_COUNTRY = "ZZZ"
"""No country has it: CodeCarbon then takes the world average, and not one of its choice."""

_SAMPLE_S = 15


class CodeCarbonSource:
    """The energy of the machine since the last time that it was asked for.

    Args:
        country: The three letters of a country (ISO 3166), for its emissions per kWh; None: the
            world average.
        region: A region of that country, where CodeCarbon knows it.
    """

    def __init__(self, country: str | None, region: str | None) -> None:
        # before the import: it logs while it is imported
        logging.getLogger("codecarbon").disabled = True
        codecarbon = importlib.import_module("codecarbon")
        self.place = f"{country}-{region}" if country and region else country or WORLD
        self._slices = 0
        self._tracker: Any = codecarbon.OfflineEmissionsTracker(
            country_iso_code=country or _NO_COUNTRY,
            region=region,
            save_to_file=False,
            allow_multiple_runs=True,
            tracking_mode="machine",
            measure_power_secs=_SAMPLE_S,
            log_level="critical",
        )
        self._begin()

    def take(self) -> Energy:
        """What was used since the last call."""
        data = self._tracker.stop_task()
        self._begin()
        return Energy(
            float(data.cpu_energy),
            float(data.gpu_energy),
            float(data.ram_energy),
            float(data.emissions),
        )

    def close(self) -> None:
        """Ends the measure."""
        self._tracker.stop_task()

    def _begin(self) -> None:
        self._slices += 1
        self._tracker.start_task(str(self._slices))
