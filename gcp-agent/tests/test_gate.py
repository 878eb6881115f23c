"""Nobody passes the gate without a valid token; every attack gets 401 and a challenge."""

import base64
import hmac
import json
import time
from hashlib import sha256

import pytest
from joserfc import jwt
from joserfc.jwk import RSAKey
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route
from starlette.testclient import TestClient

from gcp_agent.a2a.gate import Gate
from gcp_agent.a2a.tokens import TokenVerifier
from tests.issuer import AUDIENCE, PEER, Issuer, running_issuer


@pytest.fixture
def issuer():
    with running_issuer() as issuer:
        yield issuer


class Clock:
    def __init__(self) -> None:
        self.ahead = 0.0

    def __call__(self) -> float:
        return time.time() + self.ahead


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def gate(issuer: Issuer, clock: Clock) -> TestClient:
    async def behind(request: Request) -> JSONResponse:
        return JSONResponse(
            {"user": request.user.display_name, "version": request.headers.get("a2a-version")}
        )

    verifier = TokenVerifier(issuer.url, f"{issuer.url}/certs", AUDIENCE, clock)
    app = Route("/", behind, methods=["POST"]).app
    return TestClient(Gate(app, verifier, frozenset({PEER})))


def call(gate: TestClient, token: str, **headers: str):
    return gate.post("/", headers={"authorization": f"Bearer {token}", **headers})


def part(value: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


def unsigned(issuer: Issuer, alg: str) -> str:
    return f"{part({'alg': alg, 'kid': 'k1', 'typ': 'JWT'})}.{part(issuer.claims())}."


def confused(issuer: Issuer) -> str:
    """HMAC with the public key as secret: accepted if the algorithm is taken from the token."""
    signed = f"{part({'alg': 'HS256', 'kid': 'k1'})}.{part(issuer.claims())}"
    mac = hmac.new(issuer.key.as_pem(private=False), signed.encode(), sha256).digest()
    return f"{signed}.{base64.urlsafe_b64encode(mac).rstrip(b'=').decode()}"


def stranger(issuer: Issuer, **header: object) -> str:
    key = RSAKey.generate_key(2048, {"kid": "k1"})
    return issuer.sign(issuer.claims(), header, key)


def with_own_key(issuer: Issuer) -> str:
    key = RSAKey.generate_key(2048, {"kid": "k1"})
    return issuer.sign(issuer.claims(), {"jwk": key.as_dict(private=False)}, key)


def ps256(issuer: Issuer) -> str:
    key = RSAKey.import_key(issuer.key.as_pem(private=True))
    return jwt.encode({"alg": "PS256", "kid": "k1"}, issuer.claims(), key, algorithms=["PS256"])


REFUSED = {
    "alg none": lambda i: unsigned(i, "none"),
    "alg None": lambda i: unsigned(i, "None") + "AA",
    "alg nOnE": lambda i: unsigned(i, "nOnE"),
    "HS256 with the public key": confused,
    "PS256 with the right key": lambda i: (
        i.sign(i.claims(), {"alg": "PS256"}) if False else unsigned(i, "PS256")
    ),
    "signed by a stranger": stranger,
    "jku": lambda i: stranger(i, jku=f"{i.url}/evil"),
    "x5u": lambda i: stranger(i, x5u=f"{i.url}/evil"),
    "jwk": with_own_key,
    "jku beside a good signature": lambda i: i.sign(i.claims(), {"jku": f"{i.url}/certs"}),
    "x5c beside a good signature": lambda i: i.sign(i.claims(), {"x5c": ["AAAA"]}),
    "another type": lambda i: i.sign(i.claims(), {"typ": "at+jwt"}),
    "unknown kid": lambda i: i.sign(i.claims(), {"kid": "../../etc/passwd"}),
    "kid that is no text": lambda i: f"{part({'alg': 'RS256', 'kid': [1]})}.{part(i.claims())}.AA",
    "no kid": lambda i: f"{part({'alg': 'RS256'})}.{part(i.claims())}.AA",
    "another audience": lambda i: i.token(aud="https://other.example"),
    "an audience that begins like ours": lambda i: i.token(aud=f"{AUDIENCE}.evil"),
    "no audience": lambda i: i.token(aud=None),
    "another issuer": lambda i: i.token(iss="https://evil.example"),
    "issuer with a slash": lambda i: i.token(iss=f"{i.url}/"),
    "expired": lambda i: i.token(exp=int(time.time()) - 60),
    "not valid yet": lambda i: i.token(nbf=int(time.time()) + 300),
    "no exp": lambda i: i.token(exp=None),
    "exp that is no number": lambda i: i.token(exp="tomorrow"),
    "no iat": lambda i: i.token(iat=None),
    "no sub": lambda i: i.token(sub=None),
    "an empty sub": lambda i: i.token(sub=""),
    "garbled": lambda i: "not-a-token",
    "two parts": lambda i: ".".join(i.token().split(".")[:2]),
    "only dots": lambda i: "..",
    "a header that is a list": lambda i: f"{part([1])}.{part({})}.AA",
    "a truncated signature": lambda i: i.token()[:-20],
    "claims exchanged": lambda i: (
        i.token().split(".")[0] + f".{part(i.claims(email='x'))}." + i.token().split(".")[2]
    ),
    "longer than 8 KB": lambda i: i.token(padding="x" * 9000),
}


@pytest.mark.parametrize("attack", REFUSED)
def test_a_token_that_does_not_hold_is_refused(gate, issuer, attack):
    token = REFUSED[attack](issuer)
    answer = call(gate, token)
    assert answer.status_code == 401, answer.text
    assert 'error="invalid_token"' in answer.headers["www-authenticate"]
    assert answer.json()["error"]["code"] == -32600
    assert token not in answer.text
    assert "/evil" not in issuer.asked


def test_without_a_token_the_caller_is_told_how(gate):
    answer = gate.post("/")
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == 'Bearer realm="a2a"'


@pytest.mark.parametrize("value", ["Basic YTpi", "Bearer", "Bearer ", "{}", "Bearer {}, Bearer {}"])
def test_the_header_is_one_bearer_token(gate, issuer, value):
    answer = gate.post("/", headers={"authorization": value.replace("{}", issuer.token())})
    assert answer.status_code == 401


def test_two_headers_and_a_token_in_the_query_are_refused(gate, issuer):
    token = issuer.token()
    twice = [("authorization", f"Bearer {token}"), ("authorization", f"Bearer {token}")]
    assert gate.post("/", headers=twice).status_code == 401
    assert gate.post(f"/?access_token={token}").status_code == 401


@pytest.mark.parametrize(
    "changes",
    [
        {"email": "other@project.iam.gserviceaccount.com"},
        {"email_verified": False},
        {"email": None},
        {"email": [PEER]},
    ],
)
def test_a_good_token_of_somebody_else_is_forbidden(gate, issuer, changes):
    answer = call(gate, issuer.token(**changes))
    assert answer.status_code == 403
    assert "insufficient_scope" in answer.headers["www-authenticate"]


ACCEPTED = {
    "as Google makes them": lambda: {},
    "ours among several audiences": lambda: {"aud": ["https://a.example", AUDIENCE]},
    "expired within the tolerance of clocks": lambda: {"exp": int(time.time()) - 10},
    "an e-mail in capitals": lambda: {"email": PEER.upper()},
}


@pytest.mark.parametrize("name", ACCEPTED)
def test_the_nearest_good_tokens_pass_and_name_the_caller(gate, issuer, name):
    answer = call(gate, issuer.token(**ACCEPTED[name]()))
    assert answer.json()["user"] == f"peer:{PEER}"


def test_the_scheme_may_be_in_small_letters_and_the_version_in_the_query(gate, issuer):
    answer = gate.post("/?A2A-Version=1.0", headers={"authorization": f"bearer {issuer.token()}"})
    assert answer.json() == {"user": f"peer:{PEER}", "version": "1.0"}


def test_unknown_keys_do_not_hammer_the_issuer(gate, issuer):
    call(gate, issuer.token())
    for number in range(20):
        call(gate, issuer.sign(issuer.claims(), {"kid": f"k{number + 2}"}))
    assert issuer.asked.count("/certs") == 1


def test_a_new_key_is_found_once_the_pause_is_over(gate, issuer, clock):
    call(gate, issuer.token())
    fresh = RSAKey.generate_key(2048, {"kid": "k2", "use": "sig", "alg": "RS256"})
    issuer.published.insert(0, fresh.as_dict(private=False))
    token = issuer.sign(issuer.claims(), {"kid": "k2"}, fresh)
    assert call(gate, token).status_code == 401
    clock.ahead = 31
    assert call(gate, token).status_code == 200


def test_in_an_outage_known_keys_go_on_and_unknown_callers_wait(gate, issuer, clock):
    assert call(gate, issuer.token()).status_code == 200
    issuer.failing = True
    clock.ahead = 1200
    assert call(gate, issuer.token()).status_code == 200
    answer = call(gate, issuer.sign(issuer.claims(), {"kid": "k2"}))
    assert answer.status_code == 503
    assert answer.headers["retry-after"]


def test_no_keys_at_all_is_the_issuers_fault_and_is_over_soon(gate, issuer, clock):
    issuer.failing = True
    assert call(gate, issuer.token()).status_code == 503
    issuer.failing = False
    clock.ahead = 3
    assert call(gate, issuer.token()).status_code == 200
