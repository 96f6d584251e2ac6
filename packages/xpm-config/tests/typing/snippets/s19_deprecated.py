from xpm_config import Config, Param, deprecate


class New(Config):
    values: Param[list[int]]

    @deprecate
    def value(self, x: int) -> None:
        """Write `values`."""
        self.values = [x]


@deprecate
class Old(New): ...


@deprecate()
class Older(New): ...


@deprecate(New)
class Converted(Config):
    value: Param[int]

    def __convert__(self) -> New:
        return New.C(values=[self.value])


@deprecate(New, replace=True)
class Replaced(Config):
    value: Param[int]

    def __convert__(self) -> New:
        return New.C(values=[self.value])


reveal_type(Old.C(values=[1]))  # R: Old
reveal_type(Older.C(values=[1]))  # R: Older
Old.C(values=[""])  # E: "int"
reveal_type(Converted.C(value=1))  # R: Converted
reveal_type(Replaced.C(value=1))  # R[plugin]: New # R[mypy,pyright]: Replaced
Replaced.C(value="x")  # E: "int"
New.C(values=[], value=2)  # E[mypy,pyright]: "value"
New.C(values=[], value="x")  # E: "value"
New.C(values=[]).value = 3
New.C(values=[]).value = "x"  # E: "int"
