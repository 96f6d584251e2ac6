"""Composition, deprecation, instances, defaults, the constructor, init tasks, value classes."""

from experimaestro import (
    Config,
    InstanceConfig,
    LightweightTask,
    Param,
    RunMode,
    Task,
    deprecate,
    field,
)


def identifier(config: Config) -> str:
    return str(config.__xpm__.identifier)


class Encoder(Config):
    hidden_size: Param[int]


class Model(Config):
    encoder: Param[Encoder]


def composition() -> None:
    model1 = Model.C(encoder=Encoder.C(hidden_size=256))
    model2 = Model.C() @ Encoder.C(hidden_size=256)
    assert identifier(model1) == identifier(model2)


class NewConfig(Config):
    size: Param[int]


@deprecate(NewConfig, replace=True)
class OldConfig(Config):
    width: Param[int]

    def __convert__(self) -> NewConfig:
        return NewConfig.C(size=self.width)


def deprecation() -> None:
    new = OldConfig.C(width=3)
    assert isinstance(new, NewConfig)
    assert new.size == 3
    assert identifier(new) == identifier(NewConfig.C(size=3))


class TiedEncoder(InstanceConfig):
    hidden_size: Param[int]


class DualEncoderModel(Config):
    query_encoder: Param[TiedEncoder]
    doc_encoder: Param[TiedEncoder]


def instances() -> None:
    enc = TiedEncoder.C(hidden_size=128)
    other = TiedEncoder.C(hidden_size=128)
    shared = DualEncoderModel.C(query_encoder=enc, doc_encoder=enc)
    separate = DualEncoderModel.C(query_encoder=enc, doc_encoder=other)
    assert identifier(shared) != identifier(separate)
    assert identifier(enc) == identifier(other)


class MyModel(Config):
    hidden_size: Param[int]
    dropout: Param[float] = field(default=0.1, ignore_default=True)
    layers: Param[int] = field(default=2)


class TrainTask(Task):
    model: Param[MyModel]
    epochs: Param[int]

    def execute(self) -> None: ...


def constructor() -> None:
    model = MyModel.C(hidden_size=256)
    task = TrainTask.C(model=model, epochs=10)
    assert task.model.hidden_size == 256
    try:
        MyModel(hidden_size=256)
    except Exception as error:
        assert "MyModel.C(" in str(error), error
    else:
        raise AssertionError("direct instantiation was accepted")


def defaults() -> None:
    plain = identifier(MyModel.C(hidden_size=1))
    assert identifier(MyModel.C(hidden_size=1, dropout=0.1)) == plain
    assert identifier(MyModel.C(hidden_size=1, dropout=0.2)) != plain
    assert identifier(MyModel.C(hidden_size=1, layers=2)) == plain
    assert identifier(MyModel.C(hidden_size=1, layers=3)) != plain


class LoadWeights(LightweightTask):
    model: Param[MyModel]

    def execute(self) -> None: ...


def init_tasks() -> None:
    def task() -> TrainTask:
        return TrainTask.C(model=MyModel.C(hidden_size=1), epochs=1)

    without, loaded = task(), task()
    without.submit(run_mode=RunMode.DRY_RUN)
    loader = LoadWeights.C(model=loaded.model)
    loaded.submit(run_mode=RunMode.DRY_RUN, init_tasks=[loader])
    assert identifier(without) != identifier(loaded)


@MyModel.value_class()
class RealModel(MyModel):
    def double(self) -> int:
        return 2 * self.hidden_size


def value_classes() -> None:
    assert MyModel.C(hidden_size=4).instance().double() == 8


if __name__ == "__main__":
    composition()
    deprecation()
    instances()
    constructor()
    defaults()
    init_tasks()
    value_classes()
