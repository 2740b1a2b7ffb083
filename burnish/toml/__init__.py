"""TOML text that is not ours: reading it though it may be hostile, editing exactly our keys, and undoing that."""
