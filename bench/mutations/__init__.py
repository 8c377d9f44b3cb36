"""Random mutations of files, rows and environment of an installation; see `bench.mutations.__main__`."""
