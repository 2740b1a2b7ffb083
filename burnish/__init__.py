"""Make a Cargo project's release binary small and quick to start, and prove it."""

__version__ = "0.1.0"
