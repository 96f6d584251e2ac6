"""`python -m xpm_cli`: the command line, where no script is installed."""

from xpm_cli.main import main

main()
