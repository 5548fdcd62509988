"""The first policy of somebody who has none: short, commented, and in force as it stands."""

from __future__ import annotations

import json

_TEMPLATE = """\
# What must hold of an image before it may run. `imgtrust policy check` says whether this file can be enforced, and
# `imgtrust verify IMAGE` holds an image against it. An image that no rule matches is denied.
version: 1

# Who can be trusted: public keys, each under a name. Paths are relative to this file.
keys:
  release: {{file: {key_file}}}

# Denied before every rule, and names before any request is sent:
#
# deny:
#   - images: ["docker.io/example/**"]
#     reason: typo-squat

# The first rule that matches an image decides. `*` stands for a part of one path segment, `**` for whole segments.
# Names are the canonical ones: `nginx` is `docker.io/library/nginx`.
rules:
  - images: [{images}]
    mutable_tag: warn # or `deny`: only references with a digest; or `allow`
    signatures:
      from: [release]

  # Images that carry no signature need leave to run, with a reason and an end:
  #
  # - images: ["docker.io/library/*"]
  #   mutable_tag: deny
  #   unsigned:
  #     reason: official images carry no signature
  #     until: 2030-12-31 # the last day on which it holds, UTC
"""


def policy_template(*, key_file: str = "release.pub", images: str = "ghcr.io/acme/**") -> str:
    """The text of a first policy: images that `images` matches must be signed by the key in `key_file`."""
    # A JSON string is a quoted YAML scalar too, whatever is in it.
    return _TEMPLATE.format(key_file=json.dumps(key_file), images=json.dumps(images))
