"""What must come of any interleaving of changes, crashes, rebalances, zombies and parents that go away."""

import random
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from processors.hold import Children
from processors.links import completed, owed_again, owed_patch, progress
from processors.outbox import Outbox, Standing
from schemas.keys import alias_key, derived_key, part_key, partition_of, record_key, twenty_id
from schemas.records import Link, Operation, Outcome, Part, PartMode, RecordChange, Unit, Version, Write, WriteKind
from tests.chaos.hold_plan import Step
from tests.chaos.hold_worker import SYSTEM
from tests.unit.processors.hold_memory import World
from tests.unit.processors.memory_sink import CODEC, GRACE, PARTITIONS, TOPICS

PARENTS = [record_key(SYSTEM, "parent", str(n)) for n in range(4)]
CHILDREN = [record_key(SYSTEM, "child", str(n)) for n in range(5)]
NOBODY = record_key(SYSTEM, "parent", "nobody")


def steps_of(chance: random.Random, count: int) -> list[Step]:
    """A plan in which every parent ends alive, so that who waits for one must leave; ``NOBODY`` never comes."""
    steps = [
        Step(0, key, chance.choice((Operation.SNAPSHOT, Operation.UPSERT)), aliases=(f"a{n}",))
        for n, key in enumerate(PARENTS)
    ]
    # two bear the same alias until one gives it up; of another nobody knows who will bear it in the end
    steps.append(Step(0, PARENTS[0], Operation.UPSERT, aliases=("a0", "a1")))
    for _ in range(3):
        n = chance.randrange(1, 4)
        steps.append(Step(0, PARENTS[n], Operation.UPSERT, aliases=(f"a{n}", *chance.choice(((), ("shared",))))))
    for _ in range(count):
        requires = chance.sample([*PARENTS, *CHILDREN[:2]], chance.choice((0, 1, 1, 2)))
        soft = chance.sample([*PARENTS, *CHILDREN], chance.choice((0, 0, 1)))
        steps.append(
            Step(
                0,
                chance.choice(CHILDREN[2:] if requires else CHILDREN),
                chance.choice((Operation.SNAPSHOT, Operation.UPSERT, Operation.UPSERT, Operation.VANISHED)),
                tuple(requires),
                tuple(key for key in soft if key not in requires),
                alias=chance.choice(("", "", f"a{chance.randrange(4)}")),
                maybe=chance.choice(("", f"a{chance.randrange(4)}", "shared")),
                insurer=chance.choice(("", "", "i0", "i1+")),
                poison=chance.random() < 0.05,
            )
        )
        if chance.random() < 0.1:
            steps.append(Step(0, steps[-1].key, Operation.DELETE))
    chance.shuffle(steps)
    steps.append(Step(0, PARENTS[0], Operation.UPSERT, aliases=("a0",)))
    steps.extend(Step(0, key, Operation.UPSERT) for key in CHILDREN[:2])
    steps.append(Step(0, record_key(SYSTEM, "child", "orphan"), Operation.UPSERT, (NOBODY,)))
    for minute, step in enumerate(steps):
        step.n = minute
        step.build(minute)
    return steps


def last_words(steps: list[Step]) -> dict[str, Step]:
    return {step.key: step for step in steps if not step.poison and step.operation is not Operation.VANISHED}


@settings(max_examples=120, deadline=None)
@given(st.integers(0, 2**32))
def test_every_record_ends_in_its_newest_version_and_every_unit_has_an_account(seed: int) -> None:
    chance = random.Random(seed)
    steps = steps_of(chance, 14)
    world = World(chance, [step.change for step in steps])
    for _ in range(120):
        world.act()
    check(world, steps, seed)


@settings(max_examples=120, deadline=None)
@given(st.integers(0, 2**32))
def test_restarts_and_snapshots_of_everything_take_back_no_link(seed: int) -> None:
    chance = random.Random(seed)
    steps = steps_of(chance, 14)
    world = World(chance, [step.change for step in steps])
    for _ in range(3):
        for _ in range(60):
            world.act()
        world.restart()
    check(world, steps, seed)


def check(world: World, steps: list[Step], seed: int) -> None:
    """That the world comes to rest as ``steps`` say."""
    world.settle()
    rows = world.sink.rows
    for key, step in last_words(steps).items():
        row = rows.get(key)
        if NOBODY in step.requires:
            assert row is None and key in world.held()
            continue
        assert row is not None, f"{key} never left (seed {seed})"
        assert row.deleted == (step.operation is Operation.DELETE)
        if row.deleted:
            continue
        assert row.n == step.n, f"{key} is stale (seed {seed})"
        for n, parent in enumerate(step.requires):
            assert row.links[f"r{n}"], (key, parent)
        for n, parent in enumerate(step.soft):
            if parent in rows and not rows[parent].deleted:
                assert row.links[f"s{n}"], (key, parent)
        if step.alias:
            assert row.links["alias"]
        if step.maybe:
            bearers = [twenty_id(name, "") for name, last in last_words(steps).items() if step.maybe in last.aliases]
            wanted = bearers[0] if len(bearers) == 1 else None
            assert (row.links.get("maybe") or None) == wanted, f"{key}: a stale alias (seed {seed})"
    assert world.sink.emptied == [], f"a link was taken back for a moment (seed {seed})"
    assert world.unaccounted() == []
    assert world.held() == {record_key(SYSTEM, "child", "orphan")}
    for name in ("i0", "i1+"):
        said = [
            (step.change.source_changed_at, step.change.record["says"])
            for step in steps
            if step.insurer == name and not step.poison and step.operation not in (Operation.VANISHED, Operation.DELETE)
        ]
        if said:
            part = rows[derived_key(SYSTEM, "insurer", name)].part
            assert part is not None
            assert part.fields["says"] == max(said)[1], f"{name} is stale (seed {seed})"


def quiet_world(*steps: Step) -> World:
    for minute, step in enumerate(steps):
        step.n = minute
        step.build(minute)
    changes: list[RecordChange] = [step.change for step in steps]
    return World(random.Random(1), changes)


def test_a_parent_of_a_live_child_is_lifted_and_lifts_its_own_parents() -> None:
    top, middle, child = (record_key(SYSTEM, "child", name) for name in ("top", "middle", "child"))
    world = quiet_world(
        Step(0, middle, Operation.SNAPSHOT, (top,)),
        Step(0, child, Operation.UPSERT, (middle,)),
    )
    world.settle()
    assert world.sink.lifts == {middle, top}


def test_an_alias_resolves_only_while_one_record_bears_it() -> None:
    first, second = PARENTS[:2]
    child = CHILDREN[0]
    world = quiet_world(
        Step(0, first, Operation.UPSERT, aliases=("x",)),
        Step(0, second, Operation.UPSERT, aliases=("x",)),
    )
    world.settle()
    held = Step(0, child, Operation.UPSERT, alias="x")
    held.build(9)
    world.changes.append(held.change)
    world.settle()
    assert world.held() == {child}
    assert next(entry.missing for entry in world.obligations()) == (alias_key(SYSTEM, "name", "x"),)
    given_up = Step(0, second, Operation.UPSERT)
    given_up.build(10)
    world.changes.append(given_up.change)
    world.settle()
    assert world.held() == set()
    assert world.sink.rows[child].links["alias"] is not None


def test_an_optional_alias_follows_who_bears_it() -> None:
    first, second = PARENTS[:2]
    child = CHILDREN[0]
    world = quiet_world(
        Step(0, first, Operation.UPSERT, aliases=("x",)),
        Step(0, child, Operation.UPSERT, maybe="x"),
    )

    def becomes(minute: int, key: str, *aliases: str) -> str | None:
        step = Step(0, key, Operation.UPSERT, aliases=aliases)
        step.build(minute)
        world.changes.append(step.change)
        world.settle()
        return world.sink.rows[child].links["maybe"]

    world.settle()
    assert world.sink.rows[child].links["maybe"] == twenty_id(first, "")
    assert becomes(5, second, "x") == "", "two bear it: nobody is meant"
    assert becomes(6, first) == twenty_id(second, "")
    assert becomes(7, second) == ""
    assert becomes(8, first, "x") == twenty_id(first, "")
    assert world.held() == set()


def test_links_of_what_is_in_twenty_follow_while_a_newer_version_waits() -> None:
    bearer, other, child, late = *PARENTS[:2], CHILDREN[0], CHILDREN[1]
    world = quiet_world(
        Step(0, bearer, Operation.UPSERT, aliases=("x",)),
        Step(0, child, Operation.UPSERT, soft=(late,), maybe="x"),
    )
    world.settle()
    version = world.sink.rows[child].version
    waits = Step(0, child, Operation.UPSERT, (NOBODY,), soft=(late,), maybe="x")
    moved = (Step(0, bearer, Operation.UPSERT), Step(0, other, Operation.UPSERT, aliases=("x",)))
    for minute, step in enumerate((waits, *moved, Step(0, late, Operation.UPSERT)), start=5):
        step.build(minute)
        world.changes.append(step.change)
        world.settle()
    row = world.sink.rows[child]
    assert world.held() == {child}
    assert (row.version, row.links) == (version, {"s0": twenty_id(late, ""), "maybe": twenty_id(other, "")})


def test_a_snapshot_after_a_restart_waits_for_what_its_alias_says_and_for_no_bearer() -> None:
    """Who bears an alias is not known again before ``identities`` is read, and that may take longer than the grace."""
    bearer, (child, stranger) = PARENTS[0], CHILDREN[:2]
    world = quiet_world(
        Step(0, bearer, Operation.UPSERT, aliases=("x",)),
        Step(0, child, Operation.UPSERT, maybe="x"),
        Step(0, stranger, Operation.UPSERT, maybe="nobody's"),
    )
    world.settle()
    before = dict(world.sink.rows)
    world.restart()
    for worker in world.workers:
        worker.unread = 12
    while world.fed < len(world.changes):
        world.broker.publish(world.changes[world.fed])
        world.fed += 1
    for _ in range(12):
        world.broker.now += GRACE
        for worker in world.workers:
            worker.step()
        world.sink.turn()
    for key in (child, stranger):
        assert world.sink.rows[key] == before[key], "it left before its alias was heard of"
    world.settle()
    assert world.sink.emptied == []
    assert world.held() == set()
    assert world.sink.rows[child].version > before[child].version
    assert world.sink.rows[child].links["maybe"] == twenty_id(bearer, "")
    assert world.sink.rows[stranger].version > before[stranger].version


def test_nobody_is_linked_to_herself_by_an_alias() -> None:
    alias, anchor = alias_key(SYSTEM, "name", "x"), part_key(PARENTS[0], "")
    fragment = Part(
        "", "thing", PartMode.FRAGMENT, links=(Link("contact", alias, False),), anchor=Link("anchor", anchor, True)
    )
    write = Write(CHILDREN[0], WriteKind.WRITE, Version(1, 1, 1, 1), Unit("t", 0, 1), (fragment,))
    whole, required, optional = completed(write, {alias: (7, "herself"), anchor: (3, "herself")})
    assert (whole.parts[0].links[0].twenty_id, required, optional) == (None, [], [alias])
    owed = owed_patch(whole, frozenset(optional))
    assert owed is not None
    assert progress(owed, {alias: (7, "herself")})[0] is None
    news, rest = progress(owed, {alias: (9, "another")})
    assert news is not None
    assert news.parts[0].links == (Link("contact", alias, False, "another", 9),)
    assert rest is not None, "it may change again"


def test_what_a_patch_said_is_said_again_when_it_comes_back_unwritten() -> None:
    alias, gone, there = alias_key(SYSTEM, "name", "x"), part_key(CHILDREN[1], ""), part_key(CHILDREN[2], "")

    def patch(*links: Link) -> Write:
        part = Part("", "task", links=links)
        return Write(CHILDREN[0], WriteKind.PATCH, Version(1, 1, 1, 1), Unit("t", 0, 1), (part,))

    known = {alias: (7, "row"), there: (8, "other row")}
    named = Link("contact", alias, False, "row", 7)
    owed = patch(named)
    assert progress(owed, known)[0] is None, "it is said once"
    back = patch(named, Link("doctor", gone, False), Link("nurse", there, False, "other row"))
    whole = owed_again(owed, back)
    assert whole is not None
    news, rest = progress(whole, known)
    assert news is not None and news.parts[0].links == (named, Link("nurse", there, False, "other row"))
    assert rest is not None and rest.parts[0].links == (named, Link("doctor", gone, False))
    assert owed_again(None, back) == whole, "also where nothing was owed any more"


def park(world: World) -> None:
    """A round of parking over all workers, in which nothing is on its way."""
    before = world.broker.now
    for worker in world.workers:
        worker.hold.probe(before)
    world.settle()
    for worker in world.workers:
        standings = worker.hold.standings().items()
        absent = {token: it is Standing.DELETED for token, it in standings if it is not Standing.PENDING}
        worker.hold.park(absent, before)
    world.settle()


def test_descendants_of_a_parent_that_is_kept_out_end_as_skipped_and_follow_when_it_comes_back() -> None:
    parent, (child, grandchild), orphan = PARENTS[0], CHILDREN[:2], CHILDREN[2]
    world = quiet_world(
        Step(0, parent, Operation.DELETE),
        Step(0, child, Operation.SNAPSHOT, (parent,)),
        Step(0, grandchild, Operation.SNAPSHOT, (child,)),
        Step(0, orphan, Operation.SNAPSHOT, (NOBODY,)),
    )
    world.settle()
    for _ in range(2):
        park(world)
    assert {entry.key: entry.skipped for entry in world.obligations()} == {child: True, grandchild: True, orphan: False}
    ends = {entry.key: world.sink.outcomes[entry.unit] for entry in world.obligations()}
    assert ends == {child: {Outcome.SKIPPED}, grandchild: {Outcome.SKIPPED}, orphan: {Outcome.PARKED}}
    for worker in world.workers:
        counts = [children.census() for children in worker.hold.children()]
        assert all(set(parked) <= {"child"} and sum(parked.values()) <= 1 for _, parked, _ in counts), (
            "skipped is an end"
        )
    world.rebalance()
    back = Step(0, parent, Operation.UPSERT)
    back.build(9)
    world.changes.append(back.change)
    world.settle()
    assert world.held() == {orphan}
    assert world.sink.rows[child].links["r0"] and world.sink.rows[grandchild].links["r0"]


def stage_a(record: str) -> tuple[Children, Outbox]:
    """Of a record's partition, alone."""
    outbox = Outbox(TOPICS, CODEC)
    children = Children(
        partition_of(record, PARTITIONS),
        PARTITIONS,
        outbox,
        grace_seconds=0,
        identity_version=lambda _: None,
        lifted=lambda _: False,
    )
    return children, outbox


def sent_live(outbox: Outbox) -> list[Write]:
    messages = [one for (topic, _), sent in outbox.drain().items() for one in sent if topic == TOPICS.live]
    decoded = [CODEC.decode(one.value or b"") for one in messages]
    return [one for one in decoded if isinstance(one, Write)]


@pytest.mark.parametrize("newer_waits", [False, True])
def test_links_of_all_parts_that_came_back_are_owed(newer_waits: bool) -> None:
    """Two plans of one record name the same patient by fields of the same name, and she was merged."""
    record, patient, moved = CHILDREN[0], part_key(PARENTS[0], ""), "her-survivor"
    children, outbox = stage_a(record)
    if newer_waits:
        part = Part("", "thing", links=(Link("parent", part_key(NOBODY, ""), True),))
        children.accept(Write(record, WriteKind.WRITE, Version(1, 1, 2, 1), Unit("t", 0, 2), (part,)), b"", True, 0)
    came_back = [("target", "person"), ("line:1", "patient"), ("line:2", "patient"), ("line:2", "doctor")]
    for name, field in came_back:
        part = Part(name, "thing", PartMode.OWN, links=(Link(field, patient, False),))
        children.returned(Write(record, WriteKind.PATCH, Version(1, 1, 1, 1), Unit("t", 0, 1), (part,)), b"", 0)
    children.answered({patient: (moved, 7)}, 0)
    relinked = [
        (part.name, link.field, link.twenty_id)
        for write in sent_live(outbox)
        for part in write.parts
        for link in part.links
    ]
    assert sorted(relinked) == sorted((name, field, moved) for name, field in came_back)


def test_a_repair_that_comes_back_is_not_lost_on_the_same_version_that_waits() -> None:
    """Twenty lost the record's content, and the snapshot that runs has said the same version once more."""
    record, parent = CHILDREN[0], part_key(PARENTS[0], "")
    children, outbox = stage_a(record)
    part = Part("", "thing", links=(Link("parent", parent, True),))
    said = Write(record, WriteKind.WRITE, Version(1, 1, 1, 1), Unit("t", 0, 1), (part,))
    children.accept(said, CODEC.encode(said), False, 0)
    repair = replace(said, repair=True)
    children.returned(repair, CODEC.encode(repair), 0)
    children.accept(said, CODEC.encode(said), False, 0)
    children.answered({parent: ("hers", 7)}, 0)
    (left,) = sent_live(outbox)
    assert (left.repair, left.parts[0].links[0].twenty_id) == (True, "hers")
