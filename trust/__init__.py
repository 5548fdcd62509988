"""What is trusted: keys, policy, evidence and verdicts as plain values.

Nothing here touches a file, a socket, a clock or the environment.
"""

__version__ = "0.1.0"
