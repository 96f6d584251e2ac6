"""Values of parameters laid out in a grid."""

from xpm_cli.grid_search import GridSearch, generate_grid

__all__ = ["GridSearch", "generate_grid"]
