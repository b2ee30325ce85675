"""Expressions: what is taken, what is refused at load, and what fails without showing a value."""

import pytest

from orchestrator.core.mapping import Map
from orchestrator.errors import BadExpression, ExpressionFailed
from orchestrator.expression import LENGTH_MAX, Scope, compiled, members

HOOK = Map({"name": "studio-a", "width": 1280, "custom": Map({"token": "~0123456789abcdef"})})
NAMES = frozenset({"hook", "tables", "now"})


def scope(**names):
    tables = Map({"owners": Map({"studio-a": "anna"})})
    given = {"hook": HOOK, "tables": tables, "now": 1_700_000_000_000, **names}
    return Scope({name: lambda name=name: given[name] for name in given}, str.__eq__)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('hook.name == "studio-a"', True),
        ('hook.name.startsWith("studio-") && hook.width > 640', True),
        ('hook.name.matches("^[a-z]+$")', False),
        ("has(hook.height)", False),
        ("tables.owners[hook.name]", "anna"),
        ('"studio-b" in tables.owners', False),
        ("string(hook.width)", "1280"),
        ("hook.width / 2", 640),
        ("[1, 2, 3].filter(x, x > 1)", (2, 3)),
        ('{"name": hook.name}', Map({"name": "studio-a"})),
        ("verify(hook.custom.token, hook.custom.token)", True),
        ("verify(hook.custom.token, hook.width)", False),
        ("now > timestamp('2023-01-01T00:00:00Z') && now.getHours() == 22", True),
        ("hook.missing == 1 || true", True),
        ("null", None),
        ("verify(hook.name)", None),
    ],
)
def test_an_expression_has_the_value_that_operators_expect(text, value):
    assert scope().value(text) == value


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "this is no CEL expression (line 1, column 1 of it): it ends too early"),
        ("hook.name ==", "this is no CEL expression (line 1, column 13 of it)"),
        ("hok.name", "“hok” is not known here: known are hook, now, tables"),
        ("hook.l.map(x, y)", "“y” is not known here"),
        ("lower(hook.name)", "the function lower is not known: known are bytes, contains,"),
        ("hook.name.split('')", "the function split is not known"),
        ('hook.name.matches("[")', "the pattern of matches() is no regular expression"),
        ('verify(r"abc", hook.token)', "a secret is not written out here"),
        ("verify(hook.token, r'abc')", "a secret is not written out here"),
        ('hook.token == r"abc"', "a secret is not written out here"),
        ('"x".matches(hook.name)', "write the pattern of matches() out, as a text"),
        ('hook.token == "abc"', "a secret is not written out here"),
        ('"abc" != hook.custom.token', "a secret is not written out here"),
        ('hook.token in ["abc"]', "a secret is not written out here"),
        ('verify("abc", hook.token)', "a secret is not written out here"),
        ('verify(hook.token, "abc")', "a secret is not written out here"),
        ("[1].all(hook, true)", "“hook” has a meaning already"),
        ("[1].all(// a\n x, [1].all(//\n y, [1].all(z, true)))", "over 2 loops"),
        ("true || " * 300 + "true", f"longer than {LENGTH_MAX} letters"),
        ("[1].all(x, [1].all(y, [1].all(z, true)))", "over 2 loops in one expression"),
        ("(" * 500 + "1" + ")" * 500, "this is no CEL expression"),
    ],
)
def test_what_cannot_be_right_is_refused_when_it_is_loaded(text, words):
    with pytest.raises(BadExpression) as caught:
        compiled(text, NAMES)
    assert words in str(caught.value)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("hook.nam", "there is no nam: ask with has() or in, or correct the name"),
        ("tables.owners[hook.custom.token]", "what it looks up is not there: ask with has()"),
        ("hook.name + 1", "texts, numbers and booleans are mixed"),
        ("1 / (hook.width - 1280)", "a division by zero"),
        ("[1][5]", "a list is shorter than that"),
        ("size(hook.width)", "size() does not take that"),
        ("double('inf')", "its value is no text, number, list or object"),
        ('int("abc")', "it cannot be evaluated (RuntimeError)"),
        ('timestamp("2026-01-01T00:00:00Z")', "its value is no text, number, list or object"),
        ("hok", "“hok” is not known here"),
    ],
)
def test_what_fails_says_why_and_shows_no_value(text, words):
    with pytest.raises(ExpressionFailed) as caught:
        scope().value(text)
    assert words in str(caught.value)
    assert not any(one in str(caught.value) for one in ("studio-a", "0123456789abcdef"))


@pytest.mark.parametrize(
    "text",
    [
        "tables.rows.exists(row, verify(row, hook.token))",
        "tables.rows.exists(row, hook.token == row.token)",
        "hook.token in tables.rows",
    ],
)
def test_a_name_is_no_secret_that_is_written_out(text):
    assert compiled(text, NAMES).names == {"hook", "tables"}


def test_a_value_is_fetched_once_and_only_if_it_is_asked_for():
    asked = []
    names = {"hook": lambda: asked.append("hook") or HOOK, "tables": lambda: asked.append("t")}
    one = Scope(names, str.__eq__)
    assert [one.value("hook.name"), one.value("hook.width")] == ["studio-a", 1280]
    assert one.value("hook.width > 5000 && tables.owners[hook.name] == 1") is False
    assert one.value("tables.a || hook.width == 1280") is True
    assert asked == ["hook"]
    with pytest.raises(ExpressionFailed, match="numbers and booleans are mixed"):
        one.value("hook.width > 0 && tables.a")
    assert asked == ["hook", "t"]


def test_what_was_looked_at_is_given_back():
    import gc  # noqa: PLC0415
    import weakref  # noqa: PLC0415

    class Held(dict):
        """A value whose end can be seen."""

    freed = []
    for _ in range(3):
        held = Held(name="a")
        freed.append(weakref.ref(held))
        one = Scope({"hook": lambda held=held: held, "tables": dict}, str.__eq__)
        assert one.value("verify(hook.name, hook.name)") is True
        del one, held
    gc.collect()
    assert [ref() for ref in freed] == [None] * 3


def test_members_that_an_expression_asks_for_are_known_without_its_texts():
    text = 'hook.name == "hook.secret" && has(hook . width) && webhook.other && hook.name != ""'
    assert members(text, "hook") == ("name", "width")


@pytest.mark.parametrize(
    ("text", "most"),
    [("size(hook.l) > 0", 5_000), ("hook.l.all(x, true)", 2_000),
     ("hook.l.all(x, hook.l.exists(y, y == x))", 200)],
)  # fmt: skip
@pytest.mark.parametrize("form", [lambda n: (1,) * n, lambda n: Map({str(i): 1 for i in range(n)})])
def test_what_is_too_large_for_its_loops_is_not_looked_through(text, most, form):
    assert scope(hook=Map(l=form(most))).value(text) is True
    one = scope(hook=Map(l=form(most + 1)))
    with pytest.raises(ExpressionFailed, match=f"too large to be looked through: at most {most}"):
        one.value(text)
    assert scope(hook=Map(l=form(201))).value("size(hook.l)") == 201


def test_a_value_that_one_rule_may_look_at_may_be_too_large_for_the_next():
    one = scope(hook=Map(l=(1,) * 300))
    assert one.value("hook.l.all(x, true)") is True
    with pytest.raises(ExpressionFailed, match="at most 200 members with 2 loops"):
        one.value("hook.l.all(x, hook.l.all(y, true))")


@pytest.mark.parametrize(
    "text",
    [
        "tables.owners.size() > 5 && hook.missing == 1",
        "hook.missing == 1 && tables.owners.size() > 5",
        "!(tables.owners.size() == 1 || hook.missing == 1)",
    ],
)
def test_what_fails_does_not_hide_what_decides_without_it(text):
    known = scope()
    assert known.value("hook.name") == "studio-a"  # so it is there before the tables are
    assert known.value(text) is False


def test_a_list_is_not_fetched_where_the_rest_decides():
    fetched = []

    def fetch(name, value):
        fetched.append(name)
        return value

    given = {"hook": HOOK, "streams": (), "tables": Map()}
    names = {name: lambda name=name: fetch(name, given[name]) for name in given}
    known = Scope(names, str.__eq__)
    assert known.value("streams.exists(one, one.name == hook.name) && hook.width < 9") is False
    assert known.value("hook.width > 9 || hook.name in tables.owners") is True
    assert fetched == ["hook"]
