"""What makes and checks the user's guide in docs/: `nox -s docs`. It is no part of the package."""
