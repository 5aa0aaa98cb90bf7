"""What the demo shows of a deployment."""

from liveavatar_ops.demo.screen import Step


def test_what_is_counted_is_what_is_listed():
    """The stack is a resource of the engine, and no line of ours; what stayed as it was is no change."""
    step = Step("pulumi up")
    for operation, name in (
        ("create", "Stack liveavatar-demo"),
        ("create", "Secret openai"),
        ("create", "Context concierge"),
        ("update", "SessionTemplate front-desk"),
        ("same", "SessionTemplate night-desk"),
    ):
        step.resource(operation, name)

    assert step.counted == "2 created, 1 updated"
    assert len(step.rows) == 4
