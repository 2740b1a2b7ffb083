"""What only `nox -s docs` can try: it installs the terminal and the builder of the site, and builds it before."""

from __future__ import annotations

from importlib.util import find_spec

collect_ignore_glob = [] if find_spec("pyte") and find_spec("zensical") else ["test_*.py"]
