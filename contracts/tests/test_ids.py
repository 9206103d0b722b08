"""Identifiers: structured in data, one text form for people, and nothing lost between the two."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from jackfield_contracts import EntitlementId, GrantId, IdentifierError, ResourceId

# Any Unicode text; the characters that have a meaning in the text form come often.
ids = st.text(st.one_of(st.sampled_from(":/#% \t\nä漢😀"), st.characters(exclude_categories=["Cs"])), min_size=1)
types = st.from_regex(r"[a-z][a-z0-9_-]*", fullmatch=True)
slugs = st.from_regex(r"[a-z0-9][a-z0-9_.-]*", fullmatch=True)
resources = st.builds(ResourceId, type=types, id=ids)
entitlements = st.builds(EntitlementId, resource=resources, slug=slugs)
grants = st.builds(GrantId, entitlement=entitlements, principal=resources)
anything = st.text(st.one_of(st.sampled_from("user:1/member#%25F"), st.characters()))


@given(resources)
@example(ResourceId(type="user", id="a:b/c#d%2F e\r\n\x00\u2028é\u0301\U0001f600"))
def test_a_resource_survives_the_way_through_text(id: ResourceId) -> None:
    assert ResourceId.parse(str(id)) == id


@given(entitlements)
def test_an_entitlement_survives_the_way_through_text(id: EntitlementId) -> None:
    assert EntitlementId.parse(str(id)) == id


@given(grants)
@example(
    GrantId(
        entitlement=EntitlementId(resource=ResourceId(type="g", id="#/#"), slug="m"),
        principal=ResourceId(type="u", id="/m#u:1"),
    )
)
def test_a_grant_survives_the_way_through_text(id: GrantId) -> None:
    assert GrantId.parse(str(id)) == id


@pytest.mark.parametrize("kind", [ResourceId, EntitlementId, GrantId])
@given(text=anything)
@example(text="user:%2f")
@example(text="user:1\ud800")
def test_any_text_is_either_an_identifier_or_refused_in_words(
    kind: type[ResourceId | EntitlementId | GrantId], text: str
) -> None:
    try:
        id = kind.parse(text)
    except IdentifierError as error:
        assert str(error).encode(), "the message can be printed"
    else:
        # The only freedom in writing is the case of the two letters in %2F.
        assert str(id) == text.replace("%2f", "%2F")


@given(resources, resources)
def test_two_resources_never_share_a_text_form(one: ResourceId, other: ResourceId) -> None:
    assert (str(one) == str(other)) == (one == other)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "expected type:id"),
        ("user", "expected type:id, such as user:42"),
        ("user:", "expected type:id"),
        (":42", "expected type:id"),
        ("User:42", "expected type:id"),
        ("user :42", "expected type:id"),
        ("user:a/b", "write / as %2F"),
        ("user:a#b", "# as %23"),
        ("user:50%", "only %25, %2F and %23"),
        ("user:%41", "only %25, %2F and %23"),
        ("user:%2", "only %25, %2F and %23"),
        ("user:\udcff", "not Unicode text"),
    ],
)
def test_what_is_wrong_with_a_resource_is_said(text: str, says: str) -> None:
    with pytest.raises(IdentifierError) as refused:
        ResourceId.parse(text)
    assert says in str(refused.value)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("group:7", "expected type:id/slug, such as group:7/member"),
        ("group:7/", "expected type:id/slug"),
        ("group:7/Member", "expected type:id/slug"),
        ("group:7/member/", "expected type:id/slug"),
        ("group:7/8/member", "'group:7/8' is not a resource"),
        ("7/member", "'7' is not a resource"),
    ],
)
def test_what_is_wrong_with_an_entitlement_is_said(text: str, says: str) -> None:
    with pytest.raises(IdentifierError) as refused:
        EntitlementId.parse(text)
    assert says in str(refused.value)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("group:7/member", "expected type:id/slug#type:id"),
        ("group:7#user:1", "expected type:id/slug"),
        ("group:7/member#", "expected type:id"),
        ("group:7/member#user:1#user:2", "# as %23"),
    ],
)
def test_what_is_wrong_with_a_grant_is_said(text: str, says: str) -> None:
    with pytest.raises(IdentifierError) as refused:
        GrantId.parse(text)
    assert says in str(refused.value)


def test_the_text_form_is_the_documented_one() -> None:
    resource = ResourceId(type="user", id="dbmid:AA/b#c %")
    assert str(resource) == "user:dbmid:AA%2Fb%23c %25"
    grant = GrantId(
        entitlement=EntitlementId(resource=ResourceId(type="group", id="g:1"), slug="owner"), principal=resource
    )
    assert str(grant) == "group:g:1/owner#user:dbmid:AA%2Fb%23c %25"


def test_case_and_composition_of_an_id_are_kept_as_they_are() -> None:
    composed, decomposed = ResourceId(type="user", id="é"), ResourceId(type="user", id="e\u0301")
    assert ResourceId.parse(str(composed)) != ResourceId.parse(str(decomposed))
    assert ResourceId.parse("user:ABC") != ResourceId.parse("user:abc")
