"""A record as the object that must be in the target: a pure function of the input.

No run id, no time, no attempt: a late write of the same input changes nothing.
"""

from collections.abc import Iterable, Mapping
from hashlib import blake2b, sha256
from uuid import NAMESPACE_URL, UUID, uuid5

import orjson

from ingest.records import PropertyValue

HASH_BYTES = 16


def object_id(uri: str) -> UUID:
    """Return the id of the object of `uri`: no look-up is needed to refer to it."""
    return uuid5(NAMESPACE_URL, uri)


def embedding_text(properties: Mapping[str, PropertyValue]) -> str:
    """Return what the object's vector is made of: its labels and its description."""
    labels = [str(properties["preferredLabel"]), *properties.get("altLabels", ())]
    return "\n".join([", ".join(labels), str(properties.get("description", ""))])


def content_hash(
    class_name: str,
    properties: Mapping[str, PropertyValue],
    references: Mapping[str, tuple[UUID, ...]],
    *,
    embedder: str,
) -> str:
    """Return the hash of all that makes the object: 32 hex digits of BLAKE2b.

    The vector is a function of the properties and the embedder, so it is covered.
    """
    said = {name: value for name, value in properties.items() if name != "contentHash"}
    linked = {
        name: b"".join(target.bytes for target in targets) for name, targets in references.items()
    }
    return hash_of(class_name, said, linked, embedder=embedder).hex()


def hash_of(
    class_name: str,
    said: Mapping[str, PropertyValue | list[str]],
    linked: Mapping[str, bytes],
    *,
    embedder: str,
) -> bytes:
    """Return the `HASH_BYTES` of `content_hash`; `linked` are the referenced ids, joined.

    Bytes: a hundred thousand references need not become texts, or ids, to be hashed.
    """
    ids = {name: joined.hex() for name, joined in linked.items()}
    encoded = orjson.dumps([class_name, said, ids, embedder], option=orjson.OPT_SORT_KEYS)
    return blake2b(encoded, digest_size=HASH_BYTES).digest()


def class_digest(hashes: Mapping[UUID, str]) -> str:
    """Return one digest over all objects of a class, whatever their order."""
    return digest_of(sorted((key.bytes, content_hash) for key, content_hash in hashes.items()))


def digest_of(ascending: Iterable[tuple[bytes, str]]) -> str:
    """Return the digest of (id, content hash) of all objects, by ascending id."""
    digest = sha256()
    for key, content_hash in ascending:
        digest.update(key + content_hash.encode())
    return digest.hexdigest()
