"""What a new broker is made with."""

from base64 import urlsafe_b64decode

from hypothesis import given
from hypothesis import strategies as st

from infra.stack.kafka import cluster_id


@given(st.binary(min_size=16, max_size=16))
def test_a_cluster_id_is_16_bytes_and_never_looks_like_an_option(random_bytes: bytes) -> None:
    identifier = cluster_id(random_bytes)
    assert len(identifier) == 22
    assert not identifier.startswith("-")
    assert urlsafe_b64decode(identifier + "==")[1:] == random_bytes[1:]
