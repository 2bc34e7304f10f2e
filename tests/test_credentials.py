"""Log-ins: where they come from, what is refused, and that no text shows a secret."""

from __future__ import annotations

import sys
import tomllib

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ekuscan.certificate_files import read_certificates
from ekuscan.credentials import PASSWORD_VARIABLE, USER_VARIABLE, Login, LoginSources, logins
from ekuscan.model import Target
from ekuscan.targets.errors import InvalidInput
from tests.pki import pem, root

ROLES = ("expressway-e", "expressway-c", "cms")
SECRET = "s3cret-Wort"
PIN = "ab" * 32
ROOT = root()


def box(name, role="expressway-c", cluster=None):
    return Target(name, role, "declared", None, "default", cluster)


TARGETS = (
    box("exp-c1", cluster="core"),
    box("exp-c2", cluster="core"),
    box("exp-e1", "expressway-e"),
    box("cms1", "cms"),
)


@pytest.fixture
def write(tmp_path):
    def written(text, mode=0o600):
        path = tmp_path / "api.toml"
        path.touch(mode=0o600)
        path.write_bytes(text.encode() if isinstance(text, str) else text)
        path.chmod(mode)
        return path

    return written


def read(path=None, targets=TARGETS, environment=None, ask=None):
    return logins(LoginSources(path, environment or {}, ask), targets, ROLES, read_certificates)


def errors(*arguments, **more):
    with pytest.raises(InvalidInput) as caught:
        read(*arguments, **more)
    text = str(caught.value)
    assert SECRET not in text
    return text


def test_the_most_particular_section_with_a_user_gives_the_log_in(write):
    found = read(
        write(
            f"""
[target.exp-c1]
user = "one"
password = "1"
[cluster.core]
user = "two"
password = "2"
sha256 = "{PIN}"
[role.cms]
user = "three"
password = "3"
[all]
user = "four"
password = "4"
"""
        )
    )
    assert {name: (login.user, login.password) for name, login in found.items()} == {
        "exp-c1": ("one", "1"),
        "exp-c2": ("two", "2"),
        "exp-e1": ("four", "4"),
        "cms1": ("three", "3"),
    }
    assert [found[name].sha256 for name in ("exp-c1", "exp-c2", "exp-e1")] == [PIN, PIN, None]


def test_a_pin_may_stand_without_a_user_and_beats_the_ca_of_a_wider_section(write, tmp_path):
    (tmp_path / "root.pem").write_bytes(pem(ROOT.der))
    found = read(
        write(
            f"""
[target.exp-c1]
sha256 = "{":".join(["AB"] * 32)}"
[all]
user = "ekuscan"
password = "{SECRET}"
ca = "root.pem"
"""
        )
    )
    assert (found["exp-c1"].sha256, found["exp-c1"].trust) == (PIN, ())
    assert found["cms1"].sha256 is None
    assert found["cms1"].trust == (ROOT.der,)


def test_the_environment_is_for_all_and_comes_last(write):
    environment = {USER_VARIABLE: "env", PASSWORD_VARIABLE: SECRET}
    found = read(write('[target.exp-c1]\nuser = "own"\npassword = "x"'), environment=environment)
    assert (found["exp-c1"].user, found["exp-c1"].password) == ("own", "x")
    assert (found["cms1"].user, found["cms1"].password) == ("env", SECRET)


def test_without_any_user_there_is_no_log_in():
    assert read() == {}
    assert read(environment={PASSWORD_VARIABLE: SECRET}) == {}


def test_targets_without_an_api_get_no_log_in():
    targets = (box("cucm1", "cucm"), box("thing", "generic"))
    assert read(targets=targets, environment={USER_VARIABLE: "u", PASSWORD_VARIABLE: "p"}) == {}


def test_a_section_that_stands_for_nothing_of_this_run_is_told_with_the_nearest_name(write):
    path = write(
        """
[all]
user = "a"
password = "b"
[target.EXP-C1]
user = "a"
password = "b"
[target.exp-el]
user = "a"
password = "b"
[target.cucm1]
user = "a"
password = "b"
[cluster.cor]
user = "a"
password = "b"
[role.cms]
user = "a"
password = "b"
"""
    )
    told = []
    logins(LoginSources(path), [*TARGETS, box("cucm1", "cucm")], ROLES, read_certificates, told.append)
    assert [line.removeprefix(f"{path}: ") for line in told] == [
        "target.exp-el: is no target of this run with an API that is read; did you mean exp-e1?",
        "target.cucm1: is no target of this run with an API that is read",
        "cluster.cor: is no cluster of this run with an API that is read; did you mean core?",
    ]


def test_a_password_is_asked_for_once_where_none_is_written(write):
    questions = []

    def ask(question):
        questions.append(question)
        return SECRET

    found = read(write('[cluster.core]\nuser = "ops"'), ask=ask)
    assert questions == ["Password of ops on exp-c1, exp-c2: "]
    assert {login.password for login in found.values()} == {SECRET}


def test_nobody_is_asked_while_something_else_is_wrong(write):
    def ask(question):
        raise AssertionError(question)

    assert "usr: is no key" in errors(write('[all]\nuser = "a"\n[target.x]\nusr = "b"'), ask=ask)


def test_a_user_without_a_password_is_an_error_where_nobody_can_be_asked(write):
    assert f"api.toml: all: there is no password for this user; write one, or set {PASSWORD_VARIABLE}" in errors(
        write('[all]\nuser = "ops"')
    )


def test_no_text_of_a_log_in_shows_its_password():
    login = Login("ops", SECRET)
    assert SECRET not in f"{login} {login!r} {[login]}"
    assert SECRET not in repr(LoginSources(None, {PASSWORD_VARIABLE: SECRET}))


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such mode")
@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o620, 0o777])
def test_a_file_that_others_may_read_is_refused_with_the_command_that_helps(write, mode):
    path = write(f'[all]\nuser = "a"\npassword = "{SECRET}"', mode)
    told = errors(path)
    assert f"may be read or written by others than its owner (mode {mode:04o}); run: chmod 600 {path}" in told
    assert "\n" not in told


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such mode")
def test_a_file_of_ones_own_is_taken(write):
    assert read(write('[all]\nuser = "a"\npassword = "b"', 0o400))["cms1"].user == "a"


def test_everything_that_is_wrong_is_said_at_once(write):
    told = errors(
        write(
            f"""
user = "top"
[targets.x]
user = "a"
[all]
user = "a:b"
pasword = "{SECRET}"
[role.cucm]
user = "a"
password = 12
[target.exp-c1]
password = "{SECRET}"
[target.exp-c2]
sha256 = "{SECRET}"
[target.cms1]
[cluster]
core = "{SECRET}"
[target.exp-e1]
user = "a"
password = "{SECRET}\\n"
sha256 = "{PIN}"
ca = "missing.pem"
""",
            0o600,
        )
    ).splitlines()
    found = {line.partition("api.toml: ")[2] for line in told}
    assert found == {
        "user: is no section; write user under [all] or under [target.NAME]",
        "targets: is no section; found targets; did you mean target?",
        "all.user: has a colon or a control character, which no HTTP log-in can carry",
        "all.pasword: is no key of a log-in; found pasword; did you mean password?",
        "role.cucm: no log-in is used for this role; found cucm; write cms, expressway-c or expressway-e",
        "role.cucm.password: found a number; write text in quotes",
        "target.exp-c1.password: stands without a user; write user = beside it",
        "target.exp-c2.sha256: is no SHA-256 fingerprint; write 64 hexadecimal digits, with or without colons",
        "target.cms1: is empty; write user, password, sha256 or ca",
        "cluster.core: found text; write [cluster.NAME]",
        "target.exp-e1.password: has a control character (a line end?), which no HTTP log-in can carry",
        "target.exp-e1.ca: stands beside sha256; write one of the two",
        "target.exp-e1.ca: missing.pem does not exist",
    }


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (f'[all]\npassword = "{SECRET}', "is not TOML: look at end of document"),
        (f"{SECRET} = = 1", "is not TOML: look at line 1, column"),
        (b"\xff\xfea\0", "is UTF-16"),
        (b"\xc3(", "is not UTF-8"),
        ("[role.cms]\nsha256 = '" + PIN + "'", "has no user for any target of this run (exp-c1, exp-c2, exp-e1, cms1)"),
        ("a = " + "[" * 100_000, "is not TOML"),
    ],
)
def test_a_file_that_is_no_credentials_file_is_refused_in_one_line(write, content, told):
    found = errors(write(content))
    assert told in found
    assert "\n" not in found


def test_a_file_that_is_not_there_is_said(tmp_path):
    assert "none.toml: does not exist" in errors(tmp_path / "none.toml")


def test_a_bad_value_in_the_environment_is_named_by_its_variable():
    told = errors(environment={USER_VARIABLE: "a:b", PASSWORD_VARIABLE: f"{SECRET}\n"})
    assert f"environment: {USER_VARIABLE}: has a colon" in told
    assert f"environment: {PASSWORD_VARIABLE}: has a control character" in told


_names = st.sampled_from(["target", "cluster", "role", "all", "user", "password", "sha256", "ca", "exp-c1", "cms", "x"])
_values = st.recursive(
    st.one_of(st.text(max_size=8), st.integers(), st.booleans(), st.just(PIN)),
    lambda inner: st.dictionaries(_names, inner, max_size=3) | st.lists(inner, max_size=2),
    max_leaves=8,
)


def toml(value):
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key} = {toml(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(toml, value)) + "]"
    if isinstance(value, str):
        return '"' + "".join(f"\\U{ord(character):08x}" for character in value) + '"'
    return str(value).lower()


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.dictionaries(_names, _values, max_size=3))
def test_any_toml_gives_log_ins_or_sentences(write, content):
    text = "\n".join(f"{key} = {toml(value)}" for key, value in content.items())
    tomllib.loads(text)
    try:
        found = read(write(text))
    except InvalidInput:
        return
    assert found
    assert all(login.user and login.password for login in found.values())


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.binary(max_size=200))
def test_any_bytes_give_sentences(write, content):
    with pytest.raises(InvalidInput):
        read(write(content))
