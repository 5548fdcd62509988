"""How it is established: registries, signatures, files and the command line."""
