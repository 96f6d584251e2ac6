"""The task of `experimaestro2.py`: a job imports it."""

from typing import Optional

from experimaestro import Param, Task


class Write(Task):
    number: Param[int]
    after: Param[Optional["Write"]] = None

    def execute(self) -> None:
        with open("result", "w") as result:  # noqa: PTH123
            result.write(str(self.number))
