"""What the book finds by an index is what a look at everything finds."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from schemas.records import Identity, IdentityState, Version
from sinks.book import LIVING, Book

ROWS = ("row-1", "row-2", "row-3")
identities = st.builds(
    Identity,
    st.sampled_from(["c/note/1", "c/note/2", "c/note/3"]),
    st.sampled_from(["", "target"]),
    st.just("note"),
    st.just("its-own"),
    st.just(Version(1, 1, 1, 1)),
    st.sampled_from(IdentityState),
    links=st.dictionaries(st.sampled_from(["personId", "doctorId"]), st.sampled_from(ROWS)),
)


@given(st.lists(identities))
def test_who_refers_to_a_row_is_known_whatever_moved_or_ended(published: list[Identity]) -> None:
    book = Book(published)
    for row in ROWS:
        found = [known for known in book if known.state in LIVING and row in known.links.values()]
        assert book.referring(row) == sorted(found, key=lambda known: (known.key, published_at(published, known)))


def published_at(published: list[Identity], known: Identity) -> int:
    """When its part was first published: the order of the parts of a record."""
    return next(n for n, one in enumerate(published) if (one.key, one.part) == (known.key, known.part))
