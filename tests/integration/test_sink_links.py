"""Links on a real broker and the stand-in: rows between records, patches that complete a version, and aliases."""

from __future__ import annotations

from schemas.broker import read_to_end
from schemas.keys import partition_of, twenty_id
from schemas.records import Link, Outcome, Part, Write, WriteKind
from tests.integration.sink_fixtures import twenty, world
from tests.integration.sink_world import World, person

__all__ = ["twenty", "world"]


def test_what_a_note_hangs_on_moves_comes_back_and_is_made_anew(world: World) -> None:
    """Twenty takes no upsert that meets such a row: it is updated."""
    note = Part("", "note", fields={"title": "Visit"}, content_hash="n")
    people = [world.write("patient", str(i), person(f"P{i}"), offset=i) for i in (1, 2)]
    rows = [twenty_id(one.key, "") for one in people]

    def visit(whose: int, offset: int) -> Write:
        links = (Link("person", "token", required=True, twenty_id=rows[whose]),)
        target = Part("target", "noteTarget", internal={"note": ""}, links=links, content_hash=f"t{whose}")
        return world.write("patient", "3", note, target, offset=offset)

    def hangs_on() -> list[tuple[str, str]]:
        return [(row["personId"], row["noteId"]) for row in world.twenty.rows("noteTarget")]

    made = twenty_id(visit(0, 3).key, "")
    target = twenty_id(visit(0, 3).key, "target")
    writes = [visit(0, 3), visit(1, 4), visit(0, 5), visit(1, 6)]
    with world.sink():
        world.send(*people, writes[0])
        world.settle()
        for turn, write in enumerate(writes[1:], start=1):
            if turn == 2:
                world.twenty.person("trash", "noteTarget", target)
            if turn == 3:
                world.twenty.purge("noteTargets", target)
            world.send(write)
            world.settle()
            assert hangs_on() == [(rows[turn % 2], made)]
    assert world.events(Outcome.DEAD_LETTERED) == []
    assert world.unaccounted(*people, *writes) == []


def test_a_link_patch_completes_the_version_that_it_belongs_to(world: World) -> None:
    with world.sink():
        company = world.write("insurer", "1", Part("", "company", fields={"name": "Payer"}), offset=1)
        world.send(company)
        world.settle()
        row = twenty_id(company.key, "")
        open_link = Link("company", "token", required=False)
        link = Link("company", "token", required=False, twenty_id=row)
        patient = world.write("patient", "1", person("Ada", links=[open_link]), offset=2)
        patch = world.write("patient", "1", Part("", "person", links=(link,)), kind=WriteKind.PATCH, offset=2)
    world.send(patient, bulk=True)
    world.send(patch)
    with world.sink():
        # the live lane is read first: the patch is there before the write that it completes
        world.settle()
        assert [r["companyId"] for r in world.twenty.rows("person")] == [row]
        late = world.write("patient", "2", person("Bob", links=[open_link]), offset=3)
        world.send(late)
        world.settle()
        world.send(world.write("patient", "2", Part("", "person", links=(link,)), kind=WriteKind.PATCH, offset=3))
        world.settle()
        assert [r["companyId"] for r in world.twenty.rows("person")] == [row, row]
        newer = world.write("patient", "2", person("Bob", links=[open_link], hashed="newer"), offset=4)
        world.send(newer)
        world.settle()
        world.send(world.write("patient", "2", Part("", "person", links=(link,)), kind=WriteKind.PATCH, offset=3))
        world.settle()
        bob = world.twenty.row("person", twenty_id(late.key, ""))
        assert bob is not None and bob["companyId"] is None
    assert world.outcomes(late.key) == [("", Outcome.CREATED), ("", Outcome.LINKED), ("", Outcome.UPDATED)]
    assert world.identities()[(late.key, "")].links == {}


def test_a_patch_whose_write_ended_as_a_dead_letter_holds_nothing_up(world: World) -> None:
    poison = person("Ada", fields={"phones": {"primaryPhoneNumber": "not a phone"}})
    patch = Part("", "person", links=(Link("company", "t", False, "11111111-1111-5111-8111-111111111111"),))
    with world.sink():
        world.send(world.write("patient", "1", poison, offset=1))
        world.settle()
        world.send(world.write("patient", "1", patch, kind=WriteKind.PATCH, offset=1))
        world.settle()
    assert [outcome for _, outcome in world.outcomes("clinic/patient/1")] == [Outcome.DEAD_LETTERED]


def test_aliases_are_published_and_withdrawn(world: World) -> None:
    alias = "clinic/@npi/123"
    with world.sink():
        world.send(world.write("doctor", "1", person("Who", aliases=(alias,)), offset=1))
        world.settle()
        assert world.aliases()[(alias, "clinic/doctor/1")].live
        world.send(world.write("doctor", "1", person("Who"), offset=2))
        world.settle()
        assert not world.aliases()[(alias, "clinic/doctor/1")].live
        world.send(world.write("doctor", "1", person("Who", aliases=(alias,)), offset=3))
        world.send(world.write("doctor", "1", kind=WriteKind.DELETE, offset=4))
        world.settle()
        assert (
            not world.aliases().get((alias, "clinic/doctor/1"), None)
            or not world.aliases()[(alias, "clinic/doctor/1")].live
        )
    places = {
        message.partition()
        for message in read_to_end(world.kafka, world.topics.identities, range(world.topics.partitions))
        if (message.key() or b"").startswith(alias.encode())
    }
    assert places == {partition_of(alias, world.topics.partitions)}
