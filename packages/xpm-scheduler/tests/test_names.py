from __future__ import annotations

import pytest
from xpm_scheduler.errors import InvalidExperimentName
from xpm_scheduler.names import check_experiment_name


@pytest.mark.parametrize("name", ["sweep", "sweep-2", "été_2.1", "a b"])
def test_a_plain_name_is_kept_as_it_is(name: str) -> None:
    assert check_experiment_name(name) == name


@pytest.mark.parametrize(
    ("name", "problem"),
    [
        ("a/b", "contains '/'"),
        ("", "empty"),
        ("..", "dot"),
        (".hidden", "dot"),
        ("a\nb", "contains"),
        (" a", "space"),
        ("x" * 300, "longer"),
        (3, "type int"),
    ],
)
def test_a_name_that_is_no_folder_name_is_refused_with_the_reason(
    name: object, problem: str
) -> None:
    with pytest.raises(InvalidExperimentName, match=problem):
        check_experiment_name(name)
