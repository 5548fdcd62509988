"""Compose projects: the effective model, and every image in it with its place."""
