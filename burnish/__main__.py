"""`python -m burnish TASK ...`."""

from burnish.commands.cli import main

if __name__ == "__main__":
    main()
