from pathlib import Path

from xpm_config.paths import cache_path, job_path, partial_path, script_name

W = Path("/w")


def test_a_job_lies_below_its_type_name_and_identifier() -> None:
    assert job_path(W, "demo.fit", "ab") == Path("/w/jobs/demo.fit/ab")


def test_a_partial_lies_below_its_name() -> None:
    assert partial_path(W, "demo.fit", "shared", "ab") == Path("/w/partials/demo.fit/shared/ab")


def test_a_cache_is_named_by_the_class_as_written() -> None:
    assert cache_path(W, "demo.Fit", "ab", "vocab") == Path("/w/config/demo.Fit/ab/vocab")


def test_the_script_has_the_last_component_of_the_type_name() -> None:
    assert script_name("demo.models.fit") == "fit"
    assert script_name("fit") == "fit"
