"""DID documents."""

from agentmesh.protocol import base58
from agentmesh.protocol.did import did_document, multibase
from agentmesh.protocol.ids import amid_of

SIGNING = bytes(range(32))
EXCHANGE = bytes(range(32, 64))


def test_the_document_names_both_keys_as_multibase() -> None:
    document = did_document(SIGNING, EXCHANGE, "wss://relay.example", 7)
    did = f"did:agentmesh:{amid_of(SIGNING)}"
    assert document["id"] == did
    assert document["versionId"] == "7"
    [signing], [agreement] = document["verificationMethod"], document["keyAgreement"]
    assert base58.decode(signing["publicKeyMultibase"][1:]) == b"\xed\x01" + SIGNING
    assert base58.decode(agreement["publicKeyMultibase"][1:]) == b"\xec\x01" + EXCHANGE
    assert signing["controller"] == agreement["controller"] == did


def test_what_authenticates_is_a_method_of_the_document() -> None:
    document = did_document(SIGNING, EXCHANGE, "", 1)
    [method] = document["verificationMethod"]
    assert document["authentication"] == document["assertionMethod"] == [method["id"]]


def test_the_relay_is_a_service_and_no_relay_is_none() -> None:
    [service] = did_document(SIGNING, EXCHANGE, "wss://relay.example", 1)["service"]
    assert service["serviceEndpoint"] == "wss://relay.example"
    assert "service" not in did_document(SIGNING, EXCHANGE, "", 1)


def test_a_published_key_has_the_form_that_others_know() -> None:
    # The example of the did:key method (did:key:z6MkhaXg...), an Ed25519 key.
    known = "z6MkhaXgBZDvotDkL5257faiztiGiC2QtKLGpbnnEGta2doK"
    key = base58.decode(known[1:])[2:]
    assert multibase(b"\xed\x01", key) == known
