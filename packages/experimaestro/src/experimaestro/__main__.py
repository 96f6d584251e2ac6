"""`python -m experimaestro`: the command line."""

from xpm_cli.main import main

if __name__ == "__main__":
    main()
