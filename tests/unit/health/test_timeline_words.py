"""Words on the timeline: each belongs to its moment, and none covers another."""

from liveavatar_ops.health.evidence.timeline_space import Axis, Rows, Word
from liveavatar_ops.health.evidence.timeline_words import captions, stairs


def test_calls_too_close_to_part_are_named_together_in_order_and_failures_stand_out():
    """A name above another one would read as if it came before."""
    axis = Axis(100, 1100, 10)
    made = captions(
        [
            (Word(0.0, "credits"), 0.01),
            (Word(0.02, "avatar"), 0.1),
            (Word(0.1, "token 500", "t-bad"), 0.2),
            (Word(8.0, "stop"), 8.1),
        ],
        axis,
        12,
    )

    assert [[piece.text for piece in caption.pieces] for caption in made] == [
        ["credits · avatar · ", "token 500"],
        ["stop"],
    ]
    assert [(caption.begins, round(caption.ends)) for caption in made] == [(100, 120), (900, 910)]


def test_every_word_hangs_on_its_own_tick_and_no_thread_runs_through_a_word():
    """Two events at nearly one moment: which word means which?"""
    axis = Axis(100, 1100, 10)
    moments = (1.0, 1.05, 1.1, 1.9, 9.3, 9.5, 9.95, 9.97)  # the last ones stand left of their threads
    said = [Word(at_s, f"some.event.{index}") for index, at_s in enumerate(moments)]
    placed = stairs(said, axis, 12, most=4)

    assert {each.word.text for each in placed} == {word.text for word in said}
    for each in placed:
        assert each.tick == axis.x(each.word.at_s)
        for other in placed:
            crossed = other.row < each.row and other.left < each.tick < other.right
            assert not crossed, (each, other)
            assert each is other or each.row != other.row or not each.meets(other)


def test_a_word_left_of_its_thread_is_not_crossed_either():
    """At the end of the axis words stand left of their threads, where others come down."""
    said = [Word(9.95, "some.event.4"), Word(9.2, "some.event.5")]
    placed = stairs(said, Axis(100, 1100, 10), 12, most=4)

    assert said[0] in [each.word for each in placed]
    assert not any(a.row < b.row and a.left < b.tick < a.right for a in placed for b in placed)


def test_where_words_have_no_room_the_last_named_gives_way():
    said = [Word(1.0 + index / 100, name) for index, name in enumerate(("first", "second", "third", "chunk"))]

    kept = {each.word.text for each in stairs(said, Axis(100, 1100, 10), 12, most=3)}

    assert kept == {"first", "second", "third"}


def test_words_that_would_collide_give_way_to_the_one_before():
    rows = Rows(Axis(0, 1000, 10), 12, 1)
    placed = rows.place([Word(1.0, "important"), Word(1.1, "crowded out"), Word(9.99, "at the very end")])

    assert [word.text for word, *_ in placed] == ["important", "at the very end"]
    assert placed[-1][1:] == (1000, 0, "end")
