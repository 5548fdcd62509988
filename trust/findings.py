"""The catalogue of finding codes: what each means and what to do.

`imgtrust explain` prints it, and `docs/reference/findings.md` is held against it.
"""

from __future__ import annotations

from trust.value import dataclass


@dataclass(frozen=True, slots=True)
class Explanation:
    """What a finding code means.

    Attributes:
        code: stable.
        title: one line, without a full stop.
        meaning: what was found, and why it matters.
        remedy: what to do about it.

    """

    code: str
    title: str
    meaning: str
    remedy: str


_ENTRIES = (
    # The name
    Explanation(
        "reference-invalid",
        "the text is not an image reference",
        "The name does not match the grammar of registry, repository, tag and digest, so no registry was asked.",
        "Correct the name. Repository names are lower-case ASCII, without a scheme: `ghcr.io/acme/app:1.4`.",
    ),
    Explanation(
        "local-image-id",
        "the name is the id of an image in a local store",
        "64 hexadecimal digits, with or without `sha256:`, name an image that exists only on one machine. There is "
        "no registry to ask and nothing to verify.",
        "Push the image and name it by its repository.",
    ),
    Explanation(
        "registry-unapproved",
        "no rule of the policy is about this registry",
        "The image comes from a registry that no rule names. It was refused by its name alone: not one request was "
        "sent there.",
        "Use an image from an approved registry, or add a rule for this one after a review.",
    ),
    Explanation(
        "no-rule",
        "no rule of the policy matches this repository",
        "Other repositories of this registry are covered, this one is not. An image that no rule matches is denied, "
        "before any request is sent.",
        "Add the repository to the `images` of a rule, or correct the name.",
    ),
    Explanation(
        "image-denied",
        "the policy denies this image by name or by digest",
        "An entry of `deny` is about this repository or this digest. Denials come before every rule; those by name "
        "before any request.",
        "The reason stands in the message. Use another image, or have the entry removed.",
    ),
    Explanation(
        "mutable-tag",
        "the image is named by a tag and not by a digest",
        "A tag can be moved to other content at any time, by anyone who can push, and by the registry. What is "
        "verified now may not be what runs later.",
        "Pin the digest: write `name:tag@sha256:…`. The digest that was judged stands in the verdict.",
    ),
    Explanation(
        "latest-tag",
        "the image is named by the tag `latest`",
        "`latest` is the tag that moves most, and it says nothing of the version that runs.",
        "Name a version, and pin its digest.",
    ),
    Explanation(
        "no-tag",
        "the image is named without tag and digest",
        "A name alone means `latest`, so it can be other content tomorrow.",
        "Name a version, and pin its digest.",
    ),
    Explanation(
        "tag-digest-differ",
        "the tag now names another digest than the one that is pinned",
        "The reference has a tag and a digest. The digest is authoritative and was judged; the tag has moved on, or "
        "the comment it makes was never true.",
        "Update the digest if the new content is wanted, or correct the tag.",
    ),
    # What the registry did
    Explanation(
        "content-not-found",
        "the registry does not have what was asked for",
        "The registry answered that the tag or a piece of content does not exist. Some registries answer so for "
        "private repositories too.",
        "Check the name, and log in if the repository is private.",
    ),
    Explanation(
        "digest-gone",
        "the pinned digest does not exist in the registry any more",
        "The reference names a digest, and the registry answered that it has no such content: it was deleted or "
        "garbage-collected, or never pushed there. This is not drift: nothing can be pulled by this reference.",
        "Pin a digest that exists, or restore the content.",
    ),
    Explanation(
        "digest-mismatch",
        "the registry sent other bytes than it named",
        "The bytes that came do not hash to the digest that was asked for, or that a header promised. Nothing of "
        "them was used.",
        "Ask again over a direct connection. If it stays so, the registry or something in front of it is broken or "
        "hostile.",
    ),
    Explanation(
        "digest-invalid",
        "text that should be a digest is none",
        "Only sha256 and sha512 digests of their exact length, in lower case, are accepted.",
        "Correct the digest.",
    ),
    Explanation(
        "content-malformed",
        "content of the registry does not parse",
        "A manifest, an index or another document is not what the specifications allow: it could mean one thing to "
        "this verifier and another to the software that runs the image.",
        "Push the image again with a current client. The message says what is wrong.",
    ),
    Explanation(
        "manifest-unsupported",
        "the image has a manifest of a kind that is refused",
        "Docker's schema 1 manifests have digests that do not cover all that they say; other unknown types cannot "
        "be judged.",
        "Push the image again with a client made since 2017.",
    ),
    Explanation(
        "limit-exceeded",
        "something is larger or more than is ever read",
        "Every kind of content has a limit, listed in `docs/reference/limits.md`. What goes beyond is refused as a "
        "whole and never cut short.",
        "Remove what does not belong there, such as thousands of signatures on one image.",
    ),
    Explanation(
        "registry-error",
        "the registry did not answer as the specification says",
        "The answer was of a status or a kind that means neither yes nor no.",
        "The message has the status. Try again, or ask whoever runs the registry.",
    ),
    Explanation(
        "registry-unreachable",
        "the registry could not be reached, or did not answer in time",
        "There was no connection, no answer before the deadline, or a server error after several tries. Nothing is "
        "known of the image, so it is not let through.",
        "Check the name of the registry and the network. A proxy is used only with `--proxy`.",
    ),
    Explanation(
        "registry-denied",
        "the registry refused access",
        "It wants credentials, or refused those that were found. Docker Hub answers so for repositories that do not "
        "exist, too.",
        "Log in with `docker login` or `podman login`; imgtrust reads their files.",
    ),
    Explanation(
        "registry-rate-limited",
        "the registry said that there were too many requests",
        "The limit did not lift before the deadline of the decision.",
        "Log in, which raises the limit of most registries, or use a mirror with `--registry-map`.",
    ),
    Explanation(
        "address-refused",
        "an answer led to an address that must not be asked",
        "A redirection, a token service or the next page of a list pointed to another origin, to a private or local "
        "address, or away from HTTPS.",
        "If the address is right, name it in the policy; the message says how.",
    ),
    Explanation(
        "credentials-unusable",
        "a credential file or helper cannot be used",
        "The file does not parse, or the helper is missing, failed, or took too long.",
        "Log in again, or correct the file that the message names.",
    ),
    # Evidence
    Explanation(
        "no-signatures",
        "nothing that could be a signature is attached to the image",
        "Every place was read: the referrers, their fallback tag, and the tag of older signatures. None held a "
        "signature about this digest.",
        "Sign the image (`cosign sign --key … NAME@sha256:…`), or copy it together with its signatures.",
    ),
    Explanation(
        "signatures-short",
        "fewer of the trusted signers have signed than the rule asks for",
        "The rule counts distinct signers whose signature holds, is about this digest and meets every condition on "
        "its own. Those that were found do not suffice.",
        "The other findings say why each candidate did not count.",
    ),
    Explanation(
        "signature-rejected",
        "a candidate signature does not hold",
        "The message names the step at which it failed: `material` does not parse, `entry` is about something "
        "else, `signature` was made by none of the keys or over other bytes, `subject` names another image.",
        "If the signature should hold, compare the key, and what it was made over, with `imgtrust inspect`.",
    ),
    Explanation(
        "signer-untrusted",
        "a signature holds, by a key that this rule does not accept",
        "The policy knows the key under another rule. Here it does not count.",
        "Have the image signed by one of the rule's signers, or add the signer to the rule.",
    ),
    Explanation(
        "annotation-mismatch",
        "a trusted signature lacks a required annotation, or has another value",
        "Every condition must be met by one and the same signature; annotations that another signature carries do "
        "not help.",
        "Sign with the annotation (`cosign sign -a name=value …`).",
    ),
    Explanation(
        "repository-mismatch",
        "a trusted signature names another repository, or none",
        "The rule says `repository: signed`. The signature is about this digest, and was made for another "
        "repository; signatures in the newer bundle format name none.",
        "Sign the image under this repository in the older format, or leave `repository: signed` out.",
    ),
    Explanation(
        "attestation-no-signature",
        "an attestation is attached, and an attestation is not a signature",
        "A statement about how the image was built, or what is in it, does not say that its signer approves it. It "
        "does not count where a signature is asked for.",
        "Sign the image too.",
    ),
    Explanation(
        "evidence-incomplete",
        "a place where signatures may be could not be read",
        "What could be read does not suffice, and a place that did not answer may hold what is missing. So this is "
        "neither yes nor no.",
        "Try again; the message says which place and why.",
    ),
    Explanation(
        "platforms-uncovered",
        "the signatures do not cover every platform of the image",
        "The index itself is not covered, and at least one of its runnable platforms is not either. A signature on "
        "one platform says nothing of the others.",
        "Sign the index, or all of it (`cosign sign --recursive`); or judge one platform with `--platform`.",
    ),
    Explanation(
        "platform-missing",
        "the image has no such platform",
        "The platform of `--platform` is not among those of the index, or the single image is for another one.",
        "`imgtrust resolve` lists the platforms that exist.",
    ),
    Explanation(
        "unsigned-allowed",
        "the rule gives leave to run without a signature",
        "Nothing was verified about who made this image. The rule says so with a reason and an end, and every "
        "verdict repeats them.",
        "Prefer an image that is signed.",
    ),
    Explanation(
        "unsigned-ends-soon",
        "the leave to run without a signature ends within 30 days",
        "After its last day the check is in force again.",
        "Sign the image, or renew the leave after a review.",
    ),
    Explanation(
        "unsigned-ended",
        "the leave to run without a signature has ended",
        "The last day in `until` has passed, so the check is in force again.",
        "Sign the image, or renew the leave after a review.",
    ),
    Explanation(
        "unsigned-other-digest",
        "the leave to run without a signature is for other digests",
        "The rule lets only the images in `digests` run unsigned, and this is not one of them.",
        "Sign the image, or add its digest to the leave after a review.",
    ),
    Explanation(
        "not-enforced",
        "the rule only warns",
        "The decision stands as it is, and does not stop `verify`, because the rule says `mode: warn`.",
        "Remove `mode: warn` once the findings are gone.",
    ),
    # Files
    Explanation(
        "source-invalid",
        "a file of the project cannot be read as Compose would read it",
        "The message names file, line and column. What Compose itself would refuse is refused here.",
        "Correct the file; `docker compose config` shows the same.",
    ),
    Explanation(
        "variable-unset",
        "a variable in the file has no value",
        "Compose puts the empty text in its place, and so did the name that was judged. In another environment it "
        "can be another image.",
        "Set the variable, in `.env` or with `--env-file`, or write a default.",
    ),
    Explanation(
        "not-pulled",
        "the image is not pulled, so there is nothing in a registry to judge",
        "The service is built on the machine, is provided by something else, or has a `pull_policy` under which "
        "Compose never asks a registry. The message says which.",
        "Judge the base images of its Dockerfile, and the image itself once it is pushed.",
    ),
    Explanation(
        "not-judged",
        "the name is listed, and no container runs it",
        "It is a language model or a build cache. Neither is a container image.",
        "Nothing, unless you expected it to be judged: then name it as an image.",
    ),
    Explanation(
        "image-also-built",
        "the service has an image and a build",
        "Compose pulls the image first and builds only if that fails, so the image of the registry was judged. What "
        "is built instead is not.",
        "Leave out one of the two, or set `pull_policy: build`.",
    ),
    Explanation(
        "image-line-end",
        "the name of the image ends with a line end",
        "A block scalar (`|` or `>`) without `-` keeps its last line end, and Compose refuses such a name.",
        "Write `|-` or `>-`, or put the name on the line of its key.",
    ),
    Explanation(
        "volume-names-service",
        "an image volume is named like a service",
        "Compose asks a registry for the source of a `type: image` volume by this very name, although a service is "
        "called so. It was judged as an image.",
        "Name the image by its repository.",
    ),
    Explanation(
        "files-several",
        "more than one Compose file lies here",
        "Compose reads one of them and ignores the others.",
        "Remove the others, or name the file with `-f`.",
    ),
    Explanation(
        "remote-file",
        "the project includes a file from elsewhere, which was not fetched",
        "An `include`, an `extends` or a file of the project is a Git or OCI address. It may name more images, so "
        "the run is undecided at best.",
        "Copy the file into the project.",
    ),
    Explanation(
        "not-read",
        "something the project refers to was not read",
        "A Dockerfile or a remote file may name more images. This command does not read it.",
        "Judge these images on their own.",
    ),
    Explanation(
        "no-images",
        "the project names no image that could be judged",
        "Every service is built or has no image. Nothing judged is never an allow.",
        "Check that the right files and profiles were given.",
    ),
    # Us
    Explanation(
        "policy-invalid",
        "the policy cannot be enforced",
        "The message names file, line, column and key. Nothing is verified with a policy that is not understood whole.",
        "Correct the policy; `imgtrust policy check` tells whether it holds.",
    ),
    Explanation(
        "trust-root-invalid",
        "a key cannot be used",
        "It does not parse, is a private key, is too weak, or is of a kind that is not accepted.",
        "Give the public key that belongs to the signer, as PEM.",
    ),
    Explanation(
        "usage",
        "the command line cannot be carried out",
        "The message says which part.",
        "`imgtrust COMMAND --help` lists what there is.",
    ),
    Explanation(
        "internal",
        "imgtrust itself failed",
        "This is a bug, and no verdict.",
        "Run again with `--debug` and report what it prints.",
    ),
)

CATALOGUE = {entry.code: entry for entry in _ENTRIES}
"""Every code, in the order of the reference."""
