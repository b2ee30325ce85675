"""Replies to a listing: complete lists, or nothing that says what there is."""

import pytest

from orchestrator.core.mapping import EMPTY, Map
from orchestrator.core.rest import Listing, NotJson, RestReply, Unreadable, complaint, listing


@pytest.mark.parametrize(
    ("reply", "expected"),
    [
        (RestReply(404, NotJson("no JSON"), "gone"), Listing(())),
        (RestReply(200, ()), Listing(())),
        (RestReply(200, EMPTY), Listing(())),
        (RestReply(200, Map({"a": 1})), Listing((Map({"a": 1}),))),
        (RestReply(200, (Map({"a": 1}),)), Listing((Map({"a": 1}),))),
        (RestReply(200, Map({"k": Map({"a": 1})})), Listing((Map({"a": 1}),))),
        (RestReply(200, (Map({"b": 1}),)), Unreadable("a list with members that have no a")),
        (RestReply(200, (Map(), 1)), Unreadable("a list with members that are no objects")),
        (RestReply(200, "text"), Unreadable("a text where a list was due")),
        (RestReply(200, 5), Unreadable("a scalar where a list was due")),
        (RestReply(200, None), Unreadable("an empty body where a list was due")),
        (RestReply(200, NotJson("no JSON"), " "), Unreadable("an empty body where a list was due")),
        (RestReply(200, NotJson("no JSON"), "<p>\nHi"), Unreadable("no JSON: <p> Hi")),
        (RestReply(200, NotJson("no JSON"), '<p a="b">{'), Unreadable('no JSON: <p a="b">{')),
        (RestReply(200, NotJson("no JSON"), 'Bad [x "y"'), Unreadable("no JSON: Bad")),
        (RestReply(200, NotJson("ends"), '[{"password": "x'), Unreadable("ends")),
        (RestReply(200, NotJson("ends"), '1f4\r\n[{"password": "x"}]'), Unreadable("ends: 1f4")),
        (RestReply(200, NotJson("ends"), '\ufeff[{"password": "x"}]'), Unreadable("ends: \ufeff")),
        (RestReply(200, NotJson("ends"), '"password": "x"}]'), Unreadable("ends")),
        (RestReply(500, None), Unreadable("status 500")),
        (RestReply(500, Map({"message": "bad"})), Unreadable("status 500: bad")),
        (RestReply(401, NotJson("no JSON"), "go\n away"), Unreadable("status 401: go away")),
    ],
)
def test_replies_to_a_listing_are_lists_or_say_nothing(reply, expected):
    assert listing(reply, "a") == expected


def test_a_refusal_is_told_in_its_own_words():
    assert complaint(RestReply(400, Map({"error": "e", "reason": "r"}))) == "r"
    assert complaint(RestReply(400, Map({"other": "e"}), "the text")) == "the text"
    assert complaint(RestReply(400, None, "word " * 500)) == " ".join(["word"] * 40)
    assert complaint(RestReply(400, None, "x" * 500)) == ""  # half a secret is not known for one
