import pytest

from processors.obligations import (
    Kind,
    Obligation,
    Passed,
    StateError,
    decode_state,
    encode_obligation,
    encode_passed,
    register_key,
    state_key,
)
from schemas.keys import part_key
from schemas.records import Unit, Version

VERSION = Version(1, 2, 345, 6)
HELD = Obligation(
    "w/child/a/b",
    Unit("p.cdc.w.child", 3, 345),
    VERSION,
    Kind.HELD,
    (part_key("w/parent/1", ""), part_key("w/parent/2", "phone")),
    1700000000.25,
    parked=True,
    live=True,
    payload=b"\x00line\nfeed\x01",
)
FORMAT_1 = (
    b'\x01{"kind":"held","unit":["p.cdc.w.child",3,345],"missing":["w/parent/1\\u0000","w/parent/2\\u0000phone"],'
    b'"since":1700000000.25,"parked":true,"live":true}\n\x00line\nfeed\x01'
)
"""As release 0.1 wrote it: whatever comes later must read it."""


def test_an_obligation_survives_the_topic() -> None:
    assert decode_state(state_key(HELD.key, VERSION).encode(), encode_obligation(HELD)) == HELD


def test_format_1_is_read() -> None:
    assert decode_state(b"h\x00w/child/a/b\x001.2.345.6", FORMAT_1) == HELD


def test_a_register_entry_survives_the_topic() -> None:
    passed = Passed("w/~insurer/acme", VERSION, (1, 1700000000000000, "w/child/1", (1, 1, 7, 1)), "hash")
    assert decode_state(register_key(passed.key, VERSION).encode(), encode_passed(passed)) == passed
    undated = Passed("w/~insurer/acme", VERSION, (1, 0, "", ()), "")
    assert decode_state(register_key(undated.key, VERSION).encode(), encode_passed(undated)) == undated


@pytest.mark.parametrize(
    ("key", "value", "says"),
    [
        (b"h\x00w/child/1\x001.1.1.1", b"\x02{}\n", "format 02, this release reads 01"),
        (b"x\x00w/child/1\x001.1.1.1", b"\x01{}\n", "this release knows h and d"),
        (b"whatever", b"\x01{}\n", "this release knows h and d"),
    ],
)
def test_what_this_release_does_not_know_is_refused(key: bytes, value: bytes, says: str) -> None:
    with pytest.raises(StateError, match=says):
        decode_state(key, value)


def test_a_payload_never_shows() -> None:
    assert "feed" not in repr(HELD)
