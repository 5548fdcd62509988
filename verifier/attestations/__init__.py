"""In-toto statements, and what their predicates say."""
