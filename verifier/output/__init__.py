"""Verdicts as text for people and as a document for programs. stdout carries these, stderr everything else."""
