"""Experiment Actions: registered at submission, and found again by `load_xp_info`."""

import sys
from pathlib import Path

from experimaestro import (
    Action,
    CLIInteraction,
    Config,
    Interaction,
    Param,
    Task,
    experiment,
    load_xp_info,
)


class Model(Config):
    size: Param[int]

    def push_to_hub(self, name: str) -> None:
        print(f"pushed a model of size {self.size} as {name}")


class ExportToHub(Action):
    model: Param[Model]

    def describe(self) -> str:
        return "Export model to HF Hub"

    def execute(self, interaction: Interaction) -> None:
        name = interaction.text("name", "Hub model name:")
        self.model.push_to_hub(name)


class TrainModel(Task):
    model: Param[Model]

    def __submit__(self, dep, add_action, **kwargs):
        add_action(ExportToHub.C(model=self.model))
        return self

    def execute(self) -> None:
        print("trained")


if __name__ == "__main__":
    with experiment(sys.argv[1], "actions") as xp:
        trained = TrainModel.C(model=Model.C(size=3)).submit()

    info = load_xp_info(Path(sys.argv[1]) / "experiments" / "actions" / xp.run_id)
    (job,) = info.jobs.values()
    assert job.model.size == 3
    assert str(job.__xpm__.identifier) == str(trained.__xpm__.identifier)
    (action,) = info.actions.values()
    assert action.__xpm__.xpmtype.value_class.describe(action) == "Export model to HF Hub"
    action.instance().execute(CLIInteraction({"name": "small"}))
