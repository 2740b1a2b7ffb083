"""What holds for every test of the judge."""

from __future__ import annotations


# A busy machine is no reason to fail.
settings.register_profile("patient", deadline=None)
settings.load_profile("patient")
