from typing import Generic, TypeVar

from xpm_config import Config, Param

T = TypeVar("T")


class Animal(Config): ...


class Dog(Animal): ...


class Box(Config, Generic[T]):
    v: Param[T]


class IntBox(Box[int]):
    w: Param[str] = "w"


class User(Config):
    box: Param[Box[int]]


reveal_type(Box.C(v=1))  # R[plugin]: Box[int] # R[mypy]: Box[Any] # R[pyright]: Box[Unknown]
reveal_type(Box[int].C(v=1))  # R: Box[int]
Box[int].C(v="x")  # E: "int"
reveal_type(Box.C(v=Dog.C()).v)  # R[plugin]: Dog # R[mypy]: Any # R[pyright]: Unknown
reveal_type(IntBox.C(v=1))  # R: IntBox
IntBox.C(v="x")  # E: "int"
reveal_type(IntBox.C(v=1).v)  # R: int
User.C(box=Box.C(v=1))
User.C(box=IntBox.C(v=1))
User.C(box=Box.C(v="x"))  # E[plugin]: "str"
reveal_type(Box[Animal].C(v=Dog.C()))  # R: Box[Animal]
