"""Signs the agent card (A2A 1.0, 8.4), so that a peer with our public key can verify it."""

from __future__ import annotations

from typing import Any

from a2a.types import AgentCard
from a2a.utils.signing import ProtectedHeader, create_agent_card_signer
from joserfc.jwk import ECKey

_ALGORITHM = "ES256"


class CardSigner:
    """One private key on P-256; its id is its thumbprint (RFC 7638), so it needs no name."""

    def __init__(self, pem: str) -> None:
        """Raises ValueError if the text is not such a key."""
        try:
            key = ECKey.import_key(pem)
        except Exception as error:
            # The error must not contain the key's text.
            raise ValueError("not a private key of the curve P-256 in PEM") from error
        if key.curve_name != "P-256" or not key.is_private:
            raise ValueError("not a private key of the curve P-256 in PEM")
        self._pem = pem
        self._kid = key.thumbprint()
        self.public_keys: dict[str, Any] = {
            "keys": [{**key.as_dict(private=False), "kid": self._kid, "use": "sig", "alg": _ALGORITHM}]
        }

    def sign(self, card: AgentCard, keys_url: str) -> AgentCard:
        """The signed card; `keys_url`: address of the public key."""
        header: ProtectedHeader = {"alg": _ALGORITHM, "kid": self._kid, "typ": "JOSE", "jku": keys_url}
        return create_agent_card_signer(self._pem, header)(card)
