"""The catalog: what is right is read, what is wrong is named by file and line, all of it at once."""

from pathlib import Path

import pytest

from catalog_reader import CatalogError, read_catalog

GOOD_CONTEXT = "---\nopening_text: Hello!\n---\nYou greet people.\n"
GOOD_TEMPLATE = "context: greeter\nsecret: openai\navatar: june\n"


def write(folder: Path, **files: str) -> Path:
    """Make a catalog; a file's key is its path with `__` for the slash."""
    for key, text in files.items():
        path = folder / key.replace("__", "/", 1)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return folder


def catalog(tmp_path: Path, files: dict[str, str]) -> Path:
    return write(tmp_path, **files)


def test_the_shipped_catalog_is_without_mistakes(root: Path) -> None:
    """What we ship as an example can be deployed, and has two avatars' worth of content."""
    shipped = read_catalog(root / "infra" / "catalog")

    assert {t.avatar for t in shipped.templates.values()} == {"june", "marek"}
    assert all(c.prompt and c.opening_text for c in shipped.contexts.values())


def test_front_matter_and_body_become_a_context(tmp_path: Path) -> None:
    """The text below the front matter is the prompt, to the letter."""
    read = read_catalog(catalog(tmp_path, {"contexts__greeter.md": GOOD_CONTEXT}))

    assert read.contexts["greeter"].prompt == "You greet people."
    assert read.contexts["greeter"].opening_text == "Hello!"


def test_a_context_needs_no_front_matter(tmp_path: Path) -> None:
    """A plain Markdown file is a prompt without a greeting."""
    read = read_catalog(catalog(tmp_path, {"contexts__greeter.md": "You greet people.\n"}))

    assert read.contexts["greeter"].opening_text == ""


@pytest.mark.parametrize(
    ("files", "says"),
    [
        pytest.param(
            {"contexts__a.md": "---\nopening_txt: Hi\n---\nText\n"},
            "contexts/a.md:2: opening_txt is not known here; did you mean opening_text?",
            id="typo in front matter",
        ),
        pytest.param(
            {"contexts__a.md": "---\nopening_text: Hi\nText without an end\n"},
            "contexts/a.md:1: not YAML: the front matter that begins here has no closing ---",
            id="front matter never closed",
        ),
        pytest.param(
            {"contexts__a.md": "---\nopening_text: Hi\n---\n\n"},
            "contexts/a.md:4: the prompt below the front matter is empty",
            id="empty prompt",
        ),
        pytest.param(
            {"contexts__a.md": "---\nlinks:\n  - url: https://a.example\n---\nText\n"},
            "contexts/a.md:3: links.0.faq is missing; add it",
            id="nested field missing",
        ),
        pytest.param(
            {"contexts__a.md": "---\nprompt: twice\n---\nText\n"},
            "contexts/a.md:2: not YAML: the prompt is the text below the front matter",
            id="prompt in front matter",
        ),
        pytest.param(
            {"templates__t.yaml": "secret: openai\navatar: june\ntemperature: 0.5\n"},
            "templates/t.yaml:3: temperature: input should be greater than or equal to 0.6",
            id="out of range",
        ),
        pytest.param(
            {"templates__t.yaml": "secret: openai\navatar: june\nvoice: alloi\n"},
            "templates/t.yaml:3: voice: input should be 'alloy'",
            id="unknown voice",
        ),
        pytest.param(
            {"templates__t.yaml": "secret: openai\navatar: june\navatar: marek\n"},
            "templates/t.yaml:3: avatar is given twice; keep one",
            id="key given twice",
        ),
        *(
            pytest.param(
                {"templates__t.yaml": f"secret: openai\navatar: june\nhealth:\n  sandbox: true\n  {limit}\n"},
                f"templates/t.yaml:5: health.{says}",
                id=f"limit {limit}",
            )
            for limit, says in (
                ("wach_s: 5", "wach_s: no such limit; did you mean watch_s?"),
                ("watch_s: .nan", "watch_s: nan should be a finite number"),
                ("watch_s: soon", "watch_s: 'soon' should be a number"),
                ("watch_s: yes", "watch_s: true should be a number"),
                ("answer_unhealthy_s: 99", "answer_unhealthy_s: answer_unhealthy_s=99 is never reached"),
                ("1: 2", "1: no such limit"),
            )
        ),
        pytest.param(
            {"templates__t.yaml": "secret: openai\navatar: june\nhealth: {sandbox: 1}\n"},
            "templates/t.yaml:3: health.sandbox: should be true or false",
            id="sandbox of the check",
        ),
        pytest.param(
            {"templates__t.yaml": "secret: openai\navatar: june\nhealth: fast\n"},
            "templates/t.yaml:3: health: should map names of limits to values",
            id="no limits",
        ),
        pytest.param(
            {"templates__t.yaml": "#" * 1_000_001},
            "templates/t.yaml:1: cannot be read: it is larger than 1 MB",
            id="too large",
        ),
        pytest.param(
            {"templates__t.yaml": "secret: [openai\navatar: june\n"},
            "templates/t.yaml:2: not YAML:",
            id="no yaml at all",
        ),
        pytest.param(
            {"templates__t.yaml": ""}, "templates/t.yaml:1: secret is missing; add it", id="empty file"
        ),
        pytest.param(
            {"templates__t.yaml": "- a\n- b\n"}, "templates/t.yaml:1: the file", id="a list instead of keys"
        ),
        pytest.param(
            {
                "contexts__greeter.md": GOOD_CONTEXT,
                "templates__t.yaml": GOOD_TEMPLATE.replace("greeter", "greter"),
            },
            "templates/t.yaml:1: there is no context 'greter'; did you mean greeter?",
            id="unknown context",
        ),
        pytest.param(
            {"templates__Front_Desk.yaml": GOOD_TEMPLATE},
            "templates/Front_Desk.yaml:1: 'Front_Desk' cannot name a resource",
            id="bad file name",
        ),
        pytest.param(
            {"templates__t.json": "{}"},
            "templates/t.json:1: not read, because only .yaml or .yml files belong here; rename it",
            id="foreign file",
        ),
    ],
)
def test_a_mistake_is_named_by_file_and_line(tmp_path: Path, files: dict[str, str], says: str) -> None:
    """One clear line: where, what is wrong, what to do."""
    with pytest.raises(CatalogError) as caught:
        read_catalog(catalog(tmp_path, files))

    assert says in str(caught.value)


def test_a_wrong_limit_is_told_once(tmp_path: Path) -> None:
    """Beside what else is wrong with the template, and not as every type that it could have been."""
    text = "secret: openai\navatar: june\nvoice: loud\nhealth: {watch_s: soon, wach_s: 1, sandbox: 2}\n"

    with pytest.raises(CatalogError) as caught:
        read_catalog(catalog(tmp_path, {"templates__t.yaml": text}))

    assert [p.line for p in caught.value.problems] == [3, 4, 4, 4]


def test_limits_of_a_template_are_numbers_and_truths(tmp_path: Path) -> None:
    """They are exported as they stand."""
    text = f"{GOOD_TEMPLATE}health: {{watch_s: 5, lips_may_fail: true, sandbox: true}}\n"
    files = {"contexts__greeter.md": GOOD_CONTEXT, "templates__t.yaml": text}

    template = read_catalog(catalog(tmp_path, files)).templates["t"]

    assert template.health == {"watch_s": 5, "lips_may_fail": True, "sandbox": True}


def test_very_many_mistakes_are_not_all_printed(tmp_path: Path) -> None:
    """The first ones, and how many there are."""
    text = "".join(f"k{i}: 1\n" for i in range(1000))

    with pytest.raises(CatalogError) as caught:
        read_catalog(catalog(tmp_path, {"templates__t.yaml": text}))

    lines = str(caught.value).splitlines()
    assert (lines[0], len(lines)) == ("The catalog has 1,002 mistakes:", 22)
    assert lines[-1] == "  and 982 more; mend these first"


def test_all_mistakes_come_at_once(tmp_path: Path) -> None:
    """Nobody corrects one line to be shown the next."""
    folder = catalog(
        tmp_path,
        {
            "contexts__a.md": "---\nopening_txt: Hi\n---\nText\n",
            "templates__s.yaml": "avatar: june\n",
            "templates__t.yaml": "secret: openai\navatar: june\ntemperature: 9\nvoice: loud\n",
        },
    )

    with pytest.raises(CatalogError) as caught:
        read_catalog(folder)

    assert [(str(p.file), p.line) for p in caught.value.problems] == [
        ("contexts/a.md", 2),
        ("templates/s.yaml", 1),
        ("templates/t.yaml", 3),
        ("templates/t.yaml", 4),
    ]


def test_a_file_that_is_no_text_is_named(tmp_path: Path) -> None:
    """Bytes that are not UTF-8 end in a sentence, not in a traceback."""
    folder = catalog(tmp_path, {"templates__t.yaml": GOOD_TEMPLATE})
    (folder / "templates" / "t.yaml").write_bytes(b"secret: \xff\xfe\n")

    with pytest.raises(CatalogError, match="not UTF-8"):
        read_catalog(folder)


def test_the_digest_follows_content_and_nothing_else(tmp_path: Path) -> None:
    """Comments and order do not change what is promoted; a word of a prompt does."""
    limits = "health: {connect_degraded_s: 1, first_frame_degraded_s: 4}\n"
    files = {"contexts__greeter.md": GOOD_CONTEXT, "templates__t.yaml": GOOD_TEMPLATE + limits}
    first = read_catalog(write(tmp_path / "a", **files)).digest
    turned = "health: {first_frame_degraded_s: 4, connect_degraded_s: 1}\n"
    reordered = f"# a comment\n{turned}avatar: june\nsecret: openai\ncontext: greeter\n"
    same = read_catalog(write(tmp_path / "b", **{**files, "templates__t.yaml": reordered})).digest
    other = read_catalog(
        write(tmp_path / "c", **{**files, "contexts__greeter.md": GOOD_CONTEXT.replace("greet", "insult")})
    ).digest

    assert first == same
    assert first != other


def test_a_health_block_keeps_yes_and_no_apart_from_numbers(tmp_path: Path) -> None:
    """`sandbox: true` is a word to the check, not the number 1; whole numbers stay numbers."""
    text = f"{GOOD_TEMPLATE}health: {{sandbox: true, watch_s: 1, gap_unhealthy_s: 2.5}}\n"
    read = read_catalog(write(tmp_path, **{
        "contexts__greeter.md": GOOD_CONTEXT, "templates__t.yaml": text,
    }))  # fmt: skip

    assert read.templates["t"].health == {"sandbox": True, "watch_s": 1.0, "gap_unhealthy_s": 2.5}
    assert read.templates["t"].health["sandbox"] is True
