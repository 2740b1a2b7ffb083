"""A fleet: many projects on many platforms, each job in a clean checkout, on one machine or on a cluster of Dask's."""
