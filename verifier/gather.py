"""Image and policy → evidence. The last step that touches a registry."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Executor, Future
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from trust.digest import Digest
from trust.errors import ImgtrustError
from trust.evaluate import needs_signatures, satisfied
from trust.evidence import Evidence, Gap, Origin, Rejection, Subject, Unsigned, VerifiedSignature, VerifiedStatement
from trust.key import VerificationKey
from trust.policy import Platforms, Rule
from trust.value import dataclass
from verifier.errors import ContentNotFound
from verifier.manifest import Fetched, Index, Platform
from verifier.platforms import chosen
from verifier.registry.source import Source
from verifier.signatures.discover import Discovery, Material, discover

if TYPE_CHECKING:
    from verifier.signatures.verify import Outcome


class DigestGone(ContentNotFound):
    """The registry answered that it does not have the pinned digest."""

    code = "digest-gone"


@dataclass(frozen=True, slots=True)
class Target:
    """One image to gather evidence about.

    Attributes:
        repository: canonical; what policies match.
        tag: as it was written; None where none was.
        digest: the pinned one, or None.
        source: where the image is.
        resolve: asks `source` what the name means now; used only where no digest is pinned.
        signature_sources: where signatures are besides.
        platform: what the run is narrowed to; None for all.

    """

    repository: str
    tag: str | None
    digest: Digest | None
    source: Source
    resolve: Callable[[], Fetched]
    signature_sources: tuple[Source, ...] = ()
    platform: Platform | None = None


def gather(target: Target, rule: Rule, keys: Sequence[VerificationKey], pool: Executor) -> Evidence:
    """All that could be established about `target`, as far as `rule` needs it.

    What is known to suffice is not added to: the platforms of an index are asked about only where evidence
    about the index itself leaves something open.

    Raises:
        DigestGone: the pinned digest does not exist.
        PlatformMissing: the image is not for the platform of the run.
        RegistryError: the image could not be resolved.
        ImgtrustError: what came is not an image.

    """
    return _Gathering(target, rule, keys, pool).evidence()


class _Gathering:
    def __init__(self, target: Target, rule: Rule, keys: Sequence[VerificationKey], pool: Executor) -> None:
        self._target = target
        self._rule = rule
        self._keys = keys
        self._pool = pool

    def evidence(self) -> Evidence:
        """Resolve once, then everything by digest."""
        tag = self._tag_beside_digest()
        wanted = needs_signatures(self._rule)
        if self._target.digest is not None and wanted:
            # The digest is known: the manifest and what hangs on it are asked for in the same round trip.
            image = self._pool.submit(partial(self._pinned, self._target.digest))
            found = self._discover([self._target.digest])
            fetched = image.result()
        else:
            fetched = self._resolved()
            found = self._discover([fetched.descriptor.digest]) if wanted else Discovery()
        subject = self._subject(fetched, tag)
        evidence = self._judged(_buildkit(subject, fetched), found, fetched)
        return self._with_children(evidence)

    def _discover(self, digests: Sequence[Digest]) -> Discovery:
        return discover(digests, (self._target.source, *self._target.signature_sources), self._pool)

    def _resolved(self) -> Fetched:
        if self._target.digest is not None:
            return self._pinned(self._target.digest)
        asked = self._pool.submit(self._target.resolve)
        # What the answers are read with is imported while the first of them is on its way.
        _judge()
        return asked.result()

    def _pinned(self, digest: Digest) -> Fetched:
        try:
            return self._target.source.manifest(digest)
        except ContentNotFound as error:
            raise DigestGone(
                f"the pinned `{digest}` does not exist at {self._target.source.place}", hint=error.hint
            ) from error

    def _tag_beside_digest(self) -> Future[Fetched] | None:
        if self._target.digest is None or self._target.tag is None:
            return None
        return self._pool.submit(partial(self._target.source.by_tag, self._target.tag))

    def _subject(self, fetched: Fetched, tag: Future[Fetched] | None) -> Subject:
        return Subject(
            repository=self._target.repository,
            digest=fetched.descriptor.digest,
            tag=self._target.tag,
            pinned=self._target.digest is not None,
            children=chosen(fetched, self._target.platform, self._target.source),
            tag_digest=_digest_of_tag(tag),
            sha256=Digest.of(fetched.content),
        )

    def _judged(self, evidence: Evidence, found: Discovery, fetched: Fetched | None) -> Evidence:
        judge = _judge()
        judged: list[Outcome] = []
        gaps: list[Gap] = []
        for material in found.materials:
            try:
                judged += judge(material, self._keys, self._artifact(material, fetched))
            except ImgtrustError as error:
                reason = f"{self._target.source.place}: {material.origin}: {error.message}"
                gaps.append(Gap(error.code, reason, material.digest))
        return replace(
            evidence,
            signatures=evidence.signatures + tuple(one for one in judged if isinstance(one, VerifiedSignature)),
            statements=evidence.statements + tuple(one for one in judged if isinstance(one, VerifiedStatement)),
            rejections=evidence.rejections
            + tuple(found.rejections)
            + tuple(one for one in judged if isinstance(one, Rejection)),
            gaps=evidence.gaps + tuple(found.gaps) + tuple(gaps),
            unsigned=evidence.unsigned + tuple(found.unsigned),
        )

    def _artifact(self, material: Material, fetched: Fetched | None) -> bytes | None:
        """The manifest that `material` is about, if it is at hand or a signature may be over its very bytes."""
        if fetched is not None:
            return fetched.content
        over_manifest = any(name in material.content for name in (b"messageSignature", b"message_signature"))
        return self._target.source.manifest(material.digest).content if over_manifest else None

    def _with_children(self, evidence: Evidence) -> Evidence:
        children = [child.digest for child in evidence.subject.children]
        if not children or self._rule.platforms is Platforms.INDEX or satisfied(self._rule, evidence):
            return evidence
        return self._judged(evidence, self._discover(children), None)


def _judge() -> Callable[[Material, Sequence[VerificationKey], bytes | None], Sequence[Outcome]]:
    from verifier.signatures.judge import judge

    return judge


def _digest_of_tag(tag: Future[Fetched] | None) -> Digest | None:
    # The tag informs. Where it cannot be asked, the pinned digest is judged all the same.
    try:
        return None if tag is None else tag.result().descriptor.digest
    except ImgtrustError:
        return None


def _buildkit(subject: Subject, fetched: Fetched) -> Evidence:
    """What BuildKit put beside the platforms of an index: statements that nobody signed."""
    if not isinstance(fetched.document, Index):
        return Evidence(subject)
    beside = [child for child in fetched.document.children if not child.runnable]
    unsigned = [
        Unsigned(Origin(f"index entry {child.digest}", "BuildKit attestation"), subject.digest, child.media_type)
        for child in beside
    ]
    return Evidence(subject, unsigned=tuple(unsigned))
