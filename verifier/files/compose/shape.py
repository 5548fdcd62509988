"""The shape of a Compose model: what Compose refuses is refused here, in all that has to do with images.

Spec: Compose specification, with the JSON schema of compose-go v2.16. An attribute that is unknown is refused,
as Compose refuses it: it could name an image.
"""

from __future__ import annotations

import re
from dataclasses import replace

from verifier.files.compose.merge import named_table, unique_volumes
from verifier.files.compose.shape_names import (
    BUILD,
    EXTENSION,
    HOOK,
    JOB,
    MODEL,
    READ_BUILD,
    READ_CONTAINER,
    READ_TOP,
    SERVICE,
    TOP,
    VOLUME,
    VOLUME_TYPES,
)
from verifier.files.compose.value import Leaf, Listing, Table, Value, kind_in_words
from verifier.files.place import Place

SECTIONS = ("services", "jobs")

_NAME = re.compile(r"[a-zA-Z0-9._-]+", re.ASCII)
_PULL_POLICY = re.compile(
    r"always|never|build|if_not_present|missing|refresh|daily|weekly|every_(?:[0-9]+[wdhms])+", re.ASCII
)


def pruned(table: Table) -> Table:
    """`table` without the attributes that are known to carry no image. Unknown ones stay, to be refused."""
    top = _without_known(table, TOP - READ_TOP)
    for section, known in (("services", SERVICE), ("jobs", JOB)):
        containers = top.get(section)
        if isinstance(containers, Table):
            entries = {name: _pruned_container(one, known) for name, one in containers.entries.items()}
            top = top.having(section, replace(containers, entries=entries))
    return top


def check(model: Table) -> Table:
    """`model`, with one volume for each target.

    Raises:
        SourceError: Compose would refuse it.

    """
    _check_top(model)
    for section, known in (("services", SERVICE), ("jobs", JOB)):
        containers = model.get(section)
        if containers is not None:
            model = model.having(section, _checked_containers(containers, section, known))
    _check_distinct(model)
    models = model.get("models")
    if models is not None:
        for name, one in _named(models, "models").entries.items():
            _check_model(one, name)
    return model


def string(value: Value, what: str) -> Leaf:
    """`value`, if it is a string.

    Raises:
        SourceError: it is anything else.

    """
    if not isinstance(value, Leaf) or value.kind != "string":
        hint = "put quotes around it" if isinstance(value, Leaf) and value.kind != "null" else None
        value.place.refuse(f"`{what}` is {kind_in_words(value)}, not a string", hint=hint)
    return value


def table(value: Value, what: str) -> Table:
    """`value`, if it is a mapping.

    Raises:
        SourceError: it is anything else.

    """
    if not isinstance(value, Table):
        value.place.refuse(f"`{what}` is {kind_in_words(value)}, not a mapping")
    return value


def strings(value: Value, what: str) -> tuple[Leaf, ...]:
    """The strings in `value`, if it is a list of them.

    Raises:
        SourceError: it is anything else.

    """
    if not isinstance(value, Listing):
        value.place.refuse(f"`{what}` is {kind_in_words(value)}, not a list")
    return tuple(string(item, what) for item in value.items)


def _without_known(value: Table, names: frozenset[str]) -> Table:
    kept = {name: one for name, one in value.entries.items() if name not in names and not name.startswith(EXTENSION)}
    return replace(value, entries=kept)


def _pruned_container(value: Value, known: frozenset[str]) -> Value:
    if not isinstance(value, Table):
        return value
    kept = _without_known(value, known - READ_CONTAINER)
    build = kept.get("build")
    if isinstance(build, Table):
        kept = kept.having("build", _without_known(build, BUILD - READ_BUILD))
    hooks = kept.get("pre_start")
    if isinstance(hooks, Listing):
        pruned_hooks = tuple(_pruned_container(hook, HOOK) for hook in hooks.items)
        kept = kept.having("pre_start", replace(hooks, items=pruned_hooks))
    return kept


def _check_top(model: Table) -> None:
    for name, value in model.entries.items():
        if name in TOP:
            continue
        if isinstance(value, Table) and {"image", "build"} & value.entries.keys():
            value.place.refuse(
                f"`{_shown(name)}` looks like a service of a file of version 1, which Compose no longer reads",
                hint="put the services below `services:`",
            )
        value.place.refuse(f"`{_shown(name)}` is no attribute of a Compose file")
    for name in ("name", "version"):
        one = model.get(name)
        if one is not None:
            string(one, name)


def _check_distinct(model: Table) -> None:
    services, jobs = model.get("services"), model.get("jobs")
    if isinstance(services, Table) and isinstance(jobs, Table):
        for name in services.entries.keys() & jobs.entries.keys():
            jobs.entries[name].place.refuse(f"`{name}` is the name of a service and of a job")


def _named(value: Value, what: str) -> Table:
    named = table(value, what)
    for name, one in named.entries.items():
        if _NAME.fullmatch(name) is None:
            one.place.refuse(f"`{what}` has the name `{_shown(name)}`, and names are letters, digits, `.`, `_`, `-`")
    return named


def _checked_containers(value: Value, section: str, known: frozenset[str]) -> Table:
    containers = _named(value, section)
    entries = {name: _checked_container(one, f"{section}.{name}", known) for name, one in containers.entries.items()}
    return replace(containers, entries=entries)


def _checked_container(value: Value, what: str, known: frozenset[str]) -> Table:
    container = table(value, what)
    _check_names(container, known | {"extends"}, what)
    for name in ("image", "pull_policy"):
        one = container.get(name)
        if one is not None:
            string(one, f"{what}.{name}")
    _check_policy(container.get("pull_policy"), what)
    build, profiles, hooks = (container.get(name) for name in ("build", "profiles", "pre_start"))
    if build is not None:
        _check_build(build, f"{what}.build")
    if profiles is not None:
        strings(profiles, f"{what}.profiles")
    if hooks is not None:
        container = container.having("pre_start", _checked_hooks(hooks, f"{what}.pre_start"))
    return _with_unique_volumes(container, what)


def _with_unique_volumes(container: Table, what: str) -> Table:
    volumes = container.get("volumes")
    if volumes is None:
        return container
    if not isinstance(volumes, Listing):
        volumes.place.refuse(f"`{what}.volumes` is {kind_in_words(volumes)}, not a list")
    for volume in volumes.items:
        _check_volume(volume, f"{what}.volumes")
    return container.having("volumes", unique_volumes(volumes))


def _checked_hooks(value: Value, what: str) -> Listing:
    if not isinstance(value, Listing):
        value.place.refuse(f"`{what}` is {kind_in_words(value)}, not a list")
    return replace(value, items=tuple(_checked_container(hook, what, HOOK) for hook in value.items))


def _check_policy(value: Value | None, what: str) -> None:
    if isinstance(value, Leaf) and _PULL_POLICY.fullmatch(value.text) is None:
        value.place.refuse(f"`{what}.pull_policy` is `{_shown(value.text)}`, which Compose does not know")


def _check_build(value: Value, what: str) -> None:
    if isinstance(value, Leaf):
        string(value, what)
        return
    build = table(value, what)
    _check_names(build, BUILD, what)
    for name in ("context", "dockerfile", "dockerfile_inline"):
        one = build.get(name)
        if one is not None:
            string(one, f"{what}.{name}")
    contexts = build.get("additional_contexts")
    for name, one in named_table(contexts).entries.items() if contexts is not None else ():
        string(one, f"{what}.additional_contexts.{name}")
    for name in ("cache_from", "cache_to"):
        one = build.get(name)
        if one is not None:
            strings(one, f"{what}.{name}")


def _check_volume(value: Value, what: str) -> None:
    if isinstance(value, Leaf):
        string(value, what)
        return
    volume = table(value, what)
    _check_names(volume, VOLUME, what)
    kind = volume.get("type")
    if kind is None:
        volume.place.refuse(f"a volume of `{what}` does not say its `type`")
    if string(kind, f"{what}.type").text not in VOLUME_TYPES:
        kind.place.refuse(f"a volume of `{what}` has a `type` that Compose does not know")
    source = volume.get("source")
    if source is not None:
        string(source, f"{what}.source")


def _check_model(value: Value, name: str) -> None:
    what = f"models.{name}"
    model = table(value, what)
    _check_names(model, MODEL, what)
    reference = model.get("model")
    if reference is None:
        model.place.refuse(f"`{what}` does not say its `model`")
    string(reference, f"{what}.model")


def _check_names(value: Table, known: frozenset[str], what: str) -> None:
    for name, one in value.entries.items():
        if name not in known and not name.startswith(EXTENSION):
            _refuse_name(one.place, name, what)


def _refuse_name(place: Place, name: str, what: str) -> None:
    place.refuse(
        f"`{what}` has no attribute `{_shown(name)}`",
        hint="an attribute that is not known could name an image, so it is not passed over; `x-` starts your own",
    )


def _shown(name: str) -> str:
    return name[:60].encode("unicode_escape").decode("ascii")
