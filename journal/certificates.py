"""What a TLS failure means, in words of ours, and how to trust an authority of one's own.

Pure but for what the exceptions say.
"""

import ssl

AUTHORITY_VARIABLE = "SSL_CERT_FILE"
WAY_OUT = (
    f"name the file of its authority in {AUTHORITY_VARIABLE}, or correct the address; encryption"
    " without knowing to whom protects nothing, so there is no setting to skip this"
)


def distrust(error: BaseException) -> str | None:
    """Return why the server's certificate is not trusted, None if the error is about another thing.

    HTTP libraries wrap what the TLS layer raised, some several times.
    """
    seen: set[int] = set()
    current: BaseException | None = error
    while current is not None and id(current) not in seen:
        if isinstance(current, ssl.SSLCertVerificationError):
            return current.verify_message or "it can not be verified"
        seen.add(id(current))
        current = current.__cause__ or current.__context__
    return None
