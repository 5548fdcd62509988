"""The names of Compose's attributes, and which of them have to do with images.

Spec: Compose specification; the lists are those of compose-go v2.16.
"""

from __future__ import annotations

EXTENSION = "x-"

TOP = frozenset(
    {"configs", "include", "jobs", "models", "name", "networks", "secrets", "services", "version", "volumes"}
)
READ_TOP = frozenset({"include", "jobs", "models", "name", "services", "version"})

_CONTAINER = frozenset(
    {
        "annotations",
        "blkio_config",
        "cap_add",
        "cap_drop",
        "cgroup",
        "cgroup_parent",
        "command",
        "configs",
        "cpu_count",
        "cpu_percent",
        "cpu_period",
        "cpu_quota",
        "cpu_rt_period",
        "cpu_rt_runtime",
        "cpu_shares",
        "cpus",
        "cpuset",
        "credential_spec",
        "device_cgroup_rules",
        "devices",
        "dns",
        "dns_opt",
        "dns_search",
        "domainname",
        "entrypoint",
        "env_file",
        "environment",
        "extra_hosts",
        "gpus",
        "group_add",
        "hostname",
        "image",
        "init",
        "ipc",
        "isolation",
        "label_file",
        "labels",
        "logging",
        "mac_address",
        "mem_limit",
        "mem_reservation",
        "mem_swappiness",
        "memswap_limit",
        "models",
        "network_mode",
        "networks",
        "oom_kill_disable",
        "oom_score_adj",
        "pid",
        "pids_limit",
        "platform",
        "privileged",
        "pull_policy",
        "pull_refresh_after",
        "read_only",
        "runtime",
        "secrets",
        "security_opt",
        "shm_size",
        "stop_grace_period",
        "stop_signal",
        "storage_opt",
        "sysctls",
        "tmpfs",
        "ulimits",
        "umask",
        "use_api_socket",
        "user",
        "userns_mode",
        "uts",
        "volumes",
        "volumes_from",
        "working_dir",
    }
)
_WORKLOAD = frozenset({"build", "depends_on", "expose", "healthcheck", "ports", "stdin_open", "tty"})
SERVICE = (
    _CONTAINER
    | _WORKLOAD
    | frozenset(
        {
            "attach",
            "container_name",
            "deploy",
            "develop",
            "extends",
            "external_links",
            "links",
            "post_start",
            "pre_start",
            "pre_stop",
            "profiles",
            "provider",
            "restart",
            "scale",
        }
    )
)
JOB = _CONTAINER | _WORKLOAD | {"profiles", "triggers"}
HOOK = _CONTAINER | {"per_replica"}
READ_CONTAINER = frozenset({"build", "extends", "image", "pre_start", "profiles", "provider", "pull_policy", "volumes"})

BUILD = frozenset(
    {
        "additional_contexts",
        "args",
        "cache_from",
        "cache_to",
        "context",
        "dockerfile",
        "dockerfile_inline",
        "entitlements",
        "extra_hosts",
        "isolation",
        "labels",
        "network",
        "no_cache",
        "no_cache_filter",
        "platforms",
        "privileged",
        "provenance",
        "pull",
        "sbom",
        "secrets",
        "shm_size",
        "ssh",
        "tags",
        "target",
        "ulimits",
    }
)
READ_BUILD = frozenset(
    {
        "additional_contexts",
        "args",
        "cache_from",
        "cache_to",
        "context",
        "dockerfile",
        "dockerfile_inline",
        "provenance",
        "sbom",
    }
)

MODEL = frozenset({"context_size", "model", "name", "runtime_flags"})
VOLUME = frozenset(
    {
        "bind",
        "consistency",
        "image",
        "read_only",
        "source",
        "target",
        "tmpfs",
        "type",
        "volume",
    }
)
VOLUME_TYPES = frozenset({"bind", "cluster", "image", "npipe", "tmpfs", "volume"})
