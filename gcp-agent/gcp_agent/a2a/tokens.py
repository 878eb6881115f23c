"""Verifies Google's ID tokens; the rules are those of the service on AWS (docs/security.md, Machines)."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable
from typing import Any

import httpx
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import RSAKey
from joserfc.util import json_b64decode

CLOCK_TOLERANCE_S = 30
_MAX_KEY_SET_BYTES = 150 * 1024
_COOLDOWN_S = 30
# While there are no keys, so that a service that started during an outage recovers soon.
_EMPTY_COOLDOWN_S = 2
_FRESH_S = 600
_USABLE_S = 24 * 3600
# Headers with which a token could supply its own key or require extensions (RFC 7515, 4.1).
_REFUSED_HEADERS = ("jku", "x5u", "jwk", "x5c", "crit")


class TokenError(Exception):
    """The caller's fault; the message may be sent to it."""


class KeysUnavailableError(Exception):
    """The issuer's fault: nobody can be authenticated now."""


class KeySet:
    """An issuer's public RSA keys: kept during an outage, and fetched at most once in a while."""

    def __init__(self, url: str, now: Callable[[], float] = time.time) -> None:
        self._url = url
        self._now = now
        self._keys: dict[str, RSAKey] = {}
        self._loaded_at = -float("inf")
        self._asked_at = -float("inf")
        self._failed = False
        self._lock = asyncio.Lock()

    async def find(self, kid: str) -> RSAKey:
        """The key of this id. Raises TokenError or KeysUnavailableError."""
        age = self._now() - self._loaded_at
        if age > _USABLE_S:
            self._keys = {}
        if kid not in self._keys or age > _FRESH_S:
            await self._load()
        if kid in self._keys:
            return self._keys[kid]
        if self._failed:
            raise KeysUnavailableError
        raise TokenError("The token's signature cannot be verified")

    async def _load(self) -> None:
        async with self._lock:
            if self._now() - self._asked_at < (_COOLDOWN_S if self._keys else _EMPTY_COOLDOWN_S):
                return
            self._asked_at = self._now()
            try:
                self._keys = await self._fetch()
                self._loaded_at = self._now()
                self._failed = False
            except (httpx.HTTPError, ValueError, JoseError, TypeError, KeyError, AttributeError):
                self._failed = True

    async def _fetch(self) -> dict[str, RSAKey]:
        # A redirect would let whoever controls the old address choose our keys.
        async with (
            httpx.AsyncClient(timeout=5, follow_redirects=False, trust_env=False) as client,
            client.stream("GET", self._url) as answer,
        ):
            if answer.status_code != 200:
                raise ValueError(f"the key set answered {answer.status_code}")
            body = b""
            async for piece in answer.aiter_bytes():
                body += piece
                if len(body) > _MAX_KEY_SET_BYTES:
                    raise ValueError("the key set is too long")
        usable = [
            key
            for key in json.loads(body)["keys"]
            if key.get("kty") == "RSA"
            and key.get("use", "sig") == "sig"
            and key.get("alg", "RS256") == "RS256"
            and isinstance(key.get("kid"), str)
        ]
        return {key["kid"]: RSAKey.import_key(key) for key in usable}


class TokenVerifier:
    """Verifies tokens of one issuer for one audience; nothing in a token extends what is accepted."""

    def __init__(
        self, issuer: str, jwks_url: str, audience: str, now: Callable[[], float] = time.time
    ) -> None:
        self._issuer = issuer
        self._audience = audience
        self._now = now
        self._keys = KeySet(jwks_url, now)

    async def verify(self, token: str) -> str | None:
        """The caller's e-mail, lower-case; None if the issuer has not verified one."""
        header = _read_header(token)
        if any(name in header for name in _REFUSED_HEADERS):
            raise TokenError("The token names keys or extensions in its header, which is not accepted")
        if header.get("alg") != "RS256":
            raise TokenError("The token is signed with an algorithm that is not accepted")
        if str(header.get("typ", "JWT")).lower().removeprefix("application/") != "jwt":
            raise TokenError("The token is of another type")
        kid = header.get("kid")
        if not isinstance(kid, str):
            raise TokenError("The token's signature cannot be verified")
        key = await self._keys.find(kid)
        try:
            claims = jwt.decode(token, key, algorithms=["RS256"]).claims
        except (JoseError, ValueError, TypeError) as error:
            raise TokenError("The token's signature cannot be verified") from error
        return self._check(claims)

    def _check(self, claims: dict[str, Any]) -> str | None:
        if claims.get("iss") != self._issuer:
            raise TokenError("The token is from an issuer that is not trusted here")
        audiences = claims.get("aud")
        if self._audience not in (audiences if isinstance(audiences, list) else [audiences]):
            raise TokenError("The token is for another audience")
        subject = claims.get("sub")
        if not (_is_time(claims.get("exp")) and _is_time(claims.get("iat"))) or not (
            isinstance(subject, str) and subject
        ):
            raise TokenError("The token lacks a claim that is needed")
        if claims["exp"] <= self._now() - CLOCK_TOLERANCE_S:
            raise TokenError("The token has expired")
        not_before = claims.get("nbf", 0)
        if not _is_time(not_before) or not_before > self._now() + CLOCK_TOLERANCE_S:
            raise TokenError("The token is not valid yet")
        email = claims.get("email")
        return email.lower() if isinstance(email, str) and claims.get("email_verified") is True else None


def _is_time(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _read_header(token: str) -> dict[str, Any]:
    try:
        first, _claims, _signature = token.split(".")
        header = json_b64decode(first.encode())
    except (ValueError, TypeError) as error:
        raise TokenError("The token is not a signed JWT") from error
    if not isinstance(header, dict):
        raise TokenError("The token is not a signed JWT")
    return header
