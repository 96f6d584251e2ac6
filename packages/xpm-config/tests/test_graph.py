from typing import Any

from xpm_config.config import Config
from xpm_config.fields import Meta, Param, field
from xpm_config.graph import configurations_in, task_dependencies, walk
from xpm_config.tasks import LightweightTask, Task


class Leaf(Config):
    x: Param[int]


class Node(Config):
    one: Param[Leaf | None] = field(default=None)
    many: Param[list[Leaf]] = field(default_factory=list)
    table: Param[dict[str, Leaf]] = field(default_factory=dict)
    pair: Meta[tuple[Leaf, ...]] = field(default=())
    aside: Meta[Leaf | None] = field(default=None)


class Chain(Config):
    previous: Param[Config | None] = field(default=None)


class Make(Task):
    x: Param[int]

    def task_outputs(self, dep: Any) -> Any:
        return dep(Leaf.C(x=self.x))

    def execute(self) -> None: ...


class Load(LightweightTask):
    leaf: Param[Leaf]

    def execute(self) -> None: ...


class Use(Task):
    leaf: Param[Config | None] = field(default=None)
    make: Param[Make | None] = field(default=None)

    def execute(self) -> None: ...


def test_configurations_are_found_in_every_container() -> None:
    a, b, c, d, e = (Leaf.C(x=i) for i in range(5))
    node = Node.C(one=a, many=[b], table={"k": c}, pair=(d,), aside=e)
    assert [leaf.x for leaf in walk(node) if isinstance(leaf, Leaf)] == [0, 1, 2, 3, 4]


def test_nested_containers_are_looked_through_in_order() -> None:
    a, b, c = (Leaf.C(x=i) for i in range(3))
    assert configurations_in([[a, "text"], {"k": (b, [c])}]) == [a, b, c]


def test_a_shared_configuration_is_met_once_before_those_that_use_it() -> None:
    shared = Leaf.C(x=1)
    node = Node.C(one=shared, many=[shared])
    assert list(map(id, walk(node))) == [id(shared), id(node)]


def test_a_chain_of_ten_thousand_meets_no_recursion_limit() -> None:
    config = Chain.C()
    for _ in range(10_000):
        config = Chain.C(previous=config)
    assert sum(1 for _ in walk(config)) == 10_001


def test_a_task_depends_on_submitted_tasks_and_on_those_of_outputs(experiment: Any) -> None:
    leaf: Any = Make.C(x=1).submit()
    other = Make.C(x=2)
    other.submit()
    use = Use.C(leaf=Node.C(many=[leaf]), make=other)
    assert [vars(d.task)["x"] for d in task_dependencies(use)] == [1, 2]
    assert not any(d.soft for d in task_dependencies(use))


def test_each_task_is_a_dependency_once(experiment: Any) -> None:
    leaf: Any = Make.C(x=1).submit()
    assert len(task_dependencies(Use.C(leaf=Node.C(one=leaf, many=[leaf, leaf])))) == 1


def test_what_belongs_to_another_task_is_not_looked_into(experiment: Any) -> None:
    first: Any = Make.C(x=1).submit()
    second = Use.C(leaf=first)
    second.submit()
    third = Use.C(leaf=second)
    assert [d.task for d in task_dependencies(third)] == [second]


def test_init_tasks_bring_their_dependencies(experiment: Any) -> None:
    leaf: Any = Make.C(x=1).submit()
    use = Use.C()
    use.submit(init_tasks=[Load.C(leaf=leaf)])
    assert [vars(d.task)["x"] for d in task_dependencies(use)] == [1]
