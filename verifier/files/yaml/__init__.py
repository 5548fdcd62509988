"""YAML as a graph of nodes, each with its place and its bytes."""
