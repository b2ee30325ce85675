"""Bodies of strangers: taken when there is one way to read them, else refused with a reason."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.web.body import WHOLE_MAX, BadBody, parsed

texts = st.text(st.characters(codec="utf-8"), max_size=8)
values = st.recursive(
    st.none() | st.booleans() | texts | st.integers(-WHOLE_MAX, WHOLE_MAX - 1)
    | st.floats(allow_nan=False, allow_infinity=False),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
)  # fmt: skip
objects = st.dictionaries(texts, values, max_size=4)


@given(objects, st.booleans())
def test_takes_every_object_as_it_is(value, is_ascii):
    assert parsed(json.dumps(value, ensure_ascii=is_ascii).encode()) == value


@given(st.binary(max_size=60) | objects.map(lambda value: json.dumps(value)[:-1].encode()))
def test_answers_anything_with_an_object_or_a_reason(body):
    assert isinstance(parsed(body), dict | BadBody)


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b'{"a":"\xff"}', "the body is not UTF-8"),
        (b"", "the body is not JSON"),
        (b"{'a':1}", "the body is not JSON"),
        (b'{"a":1} {}', "the body is not JSON"),
        (b'\xef\xbb\xbf{"a":1}', "the body is not JSON"),
        (b"[]", "the body is not a JSON object"),
        (b'"text"', "the body is not a JSON object"),
        (b"null", "the body is not a JSON object"),
        (b'{"a":1,"b":{"c":1,"c":1}}', "the body names a key twice"),
        (b'{"a":1,"\\u0061":2}', "the body names a key twice"),
        (b'{"a":NaN}', "NaN is not JSON"),
        (b'{"a":-Infinity}', "-Infinity is not JSON"),
        (b'{"a":' + b"[" * 100_000 + b"]" * 100_000 + b"}", "the body nests too deep"),
        (b'{"\\udc00":1,"\\udc01":2}', "the body names a key twice"),
    ],
    ids=range(14),
)
def test_refuses_what_two_readers_could_read_differently(body, reason):
    assert parsed(body) == BadBody(reason)


@pytest.mark.parametrize("number", [-WHOLE_MAX, WHOLE_MAX - 1, 0])
def test_takes_whole_numbers_of_64_bits(number):
    assert parsed(f'{{"a":{number}}}'.encode()) == {"a": number}


def test_takes_escapes_that_make_a_whole_letter():
    assert parsed(b'{"a":"\\ud83c\\udfac\\u00e9"}') == {"a": "🎬é"}


@pytest.mark.parametrize(
    ("body", "kept"),
    [
        (b'{"a":1e999}', {"a": "1e999"}),
        (b'{"a":9223372036854775807}', {"a": 2**63 - 1}),
        (b'{"a":9223372036854775808}', {"a": "9223372036854775808"}),
        (b'{"a":[-9223372036854775809]}', {"a": ["-9223372036854775809"]}),
        (b'{"a":' + b"9" * 5_000 + b"}", {"a": "9" * 5_000}),
        (b'{"a":"x\\ud800y"}', {"a": "x\ufffdy"}),
        (b'{"\\udc00":{"b":["\\ud83d\\ude00"]}}', {"\ufffd": {"b": ["\U0001f600"]}}),
    ],
)
def test_what_cannot_be_kept_as_it_stands_is_kept_all_the_same(body, kept):
    """A client that adds such a value must not keep its doings out of the log."""
    assert parsed(body) == kept
