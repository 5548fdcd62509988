"""Where images are: registries over HTTP, and OCI image layouts on disk."""
