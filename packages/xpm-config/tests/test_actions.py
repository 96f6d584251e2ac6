import io

import pytest
from xpm_config.actions import Action, CLIInteraction, Interaction
from xpm_config.fields import Param


class Export(Action):
    label: Param[str]

    def describe(self) -> str:
        return f"Export {self.label}"

    def execute(self, interaction: Interaction) -> None:
        self.answer = interaction.text("name", "Name:", default=self.label)


class Silent(Action):
    pass


def typed(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(text))


def test_an_action_describes_itself_as_a_configuration() -> None:
    assert Export.C(label="all").describe() == "Export all"
    assert Silent.C().describe() == "Silent"


def test_the_type_name_is_that_of_2_x() -> None:
    assert str(Action.__getxpmtype__().name) == "experimaestro.actions.action"


def test_an_action_without_execute_says_so() -> None:
    with pytest.raises(TypeError, match="execute"):
        Silent.C().instance().execute(CLIInteraction())


def test_answers_given_beforehand_are_not_asked() -> None:
    action = Export.C(label="x").instance()
    action.execute(CLIInteraction({"name": "hub"}))
    assert action.answer == "hub"


def test_an_empty_line_is_the_default(monkeypatch: pytest.MonkeyPatch) -> None:
    typed(monkeypatch, "\n\n")
    assert CLIInteraction().text("k", "Label", default="d") == "d"
    assert CLIInteraction().text("k", "Label") == ""


def test_a_choice_is_made_by_its_text_or_its_number(monkeypatch: pytest.MonkeyPatch) -> None:
    typed(monkeypatch, "what\nb\n1\n")
    interaction = CLIInteraction()
    assert interaction.choice("k", "Which?", ["a", "b"]) == "b"
    assert interaction.choice("k", "Which?", ["a", "b"]) == "a"


def test_a_bad_choice_given_beforehand_lists_the_choices() -> None:
    with pytest.raises(ValueError, match="'a', 'b'"):
        CLIInteraction({"k": "c"}).choice("k", "Which?", ["a", "b"])
    assert CLIInteraction({"k": "b"}).choice("k", "Which?", ["a", "b"]) == "b"


@pytest.mark.parametrize("text", ["true", "Yes", "1", "y", True])
def test_words_for_yes(text: object) -> None:
    assert CLIInteraction({"k": text}).checkbox("k", "Sure?") is True


@pytest.mark.parametrize("text", ["false", "No", "0", "n", False])
def test_words_for_no(text: object) -> None:
    assert CLIInteraction({"k": text}).checkbox("k", "Sure?", default=True) is False


def test_a_word_that_is_neither_is_refused_beforehand_and_asked_again_when_typed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with pytest.raises(ValueError, match="yes or no"):
        CLIInteraction({"k": "maybe"}).checkbox("k", "Sure?")
    typed(monkeypatch, "maybe\ny\n\n")
    assert CLIInteraction().checkbox("k", "Sure?") is True
    assert CLIInteraction().checkbox("k", "Sure?", default=True) is True
