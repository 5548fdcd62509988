"""Real registries, real cosign and what is signed with it, for the tests against them."""
