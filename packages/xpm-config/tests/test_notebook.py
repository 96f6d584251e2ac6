from typing import Any

from xpm_config.config import Config
from xpm_config.fields import Meta, Param, field
from xpm_config.notebook import render_html
from xpm_config.tags import tag


class Optimizer(Config):
    lr: Param[float]


class Model(Config):
    name: Param[str]
    optimizer: Param[Optimizer]
    others: Param[list[Optimizer]] = field(default_factory=list)
    sizes: Param[list[int]] = field(default_factory=list)
    table: Param[dict[str, Optimizer]] = field(default_factory=dict)
    hidden: Meta[int] = field(default=3)


class Chain(Config):
    previous: Param[Config | None] = field(default=None)


def model(**values: Any) -> Model:
    return Model.C(optimizer=Optimizer.C(lr=0.1), **values)


def test_the_tree_has_the_name_the_identifier_and_the_values() -> None:
    config = model(name="small", sizes=[1, 2])
    html = render_html(config)
    assert html.count("<details open>") == 1
    assert str(config.__xpm__.identifier) in html
    assert config.__xpm__.xpmtype.name in html
    assert "&#x27;small&#x27;" in html
    assert "[1, 2]" in html
    assert html.count("<details") == html.count("</details>") == 2


def test_where_each_value_was_set_is_told() -> None:
    html = render_html(model(name="a"))
    assert 'title="explicit, ' in html
    assert "test_notebook.py:" in html
    assert 'title="default, ' in html


def test_values_and_tags_are_escaped() -> None:
    html = render_html(model(name=tag("<script>alert(1)</script>")))
    assert "<script>" not in html
    assert "&lt;script&gt;" in html
    assert 'class="tag"' in html


def test_a_configuration_without_an_identifier_is_shown() -> None:
    html = render_html(Model.C(name="a"))  # type: ignore[call-arg]
    assert "no identifier yet" in html


def test_a_shared_configuration_is_unfolded_once() -> None:
    shared = Optimizer.C(lr=0.5)
    html = render_html(model(name="a", others=[shared, shared], table={"k": shared}))
    assert html.count("shown above") == 2
    assert html.count("<code>0.5</code>") == 1


def test_a_long_list_is_cut() -> None:
    html = render_html(model(name="a", others=[Optimizer.C(lr=float(i)) for i in range(50)]))
    assert "and 30 more" in html


def test_a_deep_chain_is_cut() -> None:
    config = Chain.C()
    for _ in range(2000):
        config = Chain.C(previous=config)
    assert len(render_html(config)) < 20_000


def test_a_configuration_shows_itself_in_a_notebook() -> None:
    config: Any = model(name="a")
    assert config._repr_html_() == render_html(config)
