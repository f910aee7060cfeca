"""Configuration files that are not what they should be."""
# ruff: noqa: E501 - a sentence stands in one piece, so that it can be searched for

from collections.abc import Callable

from tests.corpus.case import LOAD, Arrange, Case, World, loads
from tests.corpus.data import folder

COMMAND = LOAD + " --config v.yaml"
# Nine levels, each nine times the one before: 387 million strings, if they were ever built.
BOMB = (
    "store: [&a [x]"
    + "".join(
        f", &{later} [{', '.join([f'*{early}'] * 9)}]"
        for early, later in zip("abcdefghi", "bcdefghij", strict=True)
    )
    + "]\n"
)


def file(content: str | bytes) -> Arrange:
    """Put the tiny set there, and v.yaml."""

    def arrange(world: World) -> None:
        folder()(world)
        raw = content.encode() if isinstance(content, str) else content
        (world.folder / "v.yaml").write_bytes(raw)

    return arrange


def by_variable(content: str) -> Arrange:
    def arrange(world: World) -> None:
        file(content)(world)
        world.set("VARITY_CONFIG", "v.yaml")

    return arrange


def made(make: Callable[[World], object]) -> Arrange:
    return lambda world: make(world)  # type: ignore[return-value]


def yaml_case(name: str, bad: str, content: str | bytes, says: str = "", **more: str) -> Case:
    return Case(
        name=f"yaml-{name}", bad=bad, arrange=file(content), says=says, code=2,
        command=more.get("command", COMMAND),
    )  # fmt: skip


CASES: tuple[Case, ...] = (
    yaml_case("alias-bomb", "aliases that multiply", BOMB,
         says="v.yaml: store must be text (in quotes), not list"),
    yaml_case("alias-loop", "an alias that holds itself", "store: &a [*a]\n",
         says="v.yaml: store must be text (in quotes), not list"),
    yaml_case("no-alias", "an alias of nothing", "store: *nobody\n",
         says="v.yaml, line 1: no valid YAML: found undefined alias 'nobody'"),
    yaml_case("python-tag", "a tag that would run code",
              "store: !!python/object/apply:os.system ['echo owned']\n",
         says="v.yaml, line 1: no valid YAML: could not determine a constructor for the tag 'tag:yaml.org,2002:python/object/apply:os.system'"),
    yaml_case("tag", "a tag of its own", "store: !secret x\n",
         says="v.yaml, line 1: no valid YAML: could not determine a constructor for the tag '!secret'"),
    yaml_case("binary", "a value tagged as binary", "store: !!binary eA==\n",
         says="v.yaml: store must be text (in quotes), not bytes"),
    yaml_case("nesting", "nesting 5,000 deep", "store: " + "[\n " * 5_000,
         says="v.yaml: no valid configuration: nested too deeply"),
    yaml_case("duplicate", "a key twice", "wait: 1\nwait: 2\n",
         says="v.yaml: line 2: wait stands there twice"),
    yaml_case("duplicate-in-profile", "a key twice in a profile", "profiles:\n  p:\n    wait: 1\n    wait: 2\n",
         says="v.yaml: line 4: wait stands there twice"),
    yaml_case("unknown-key", "an unknown key", "stores: x\n",
         says="v.yaml: 'stores' is no setting; known are: {ANY}"),
    yaml_case("control-key", "a key that would move the cursor", '"\\e[2J\\u202e": x\n',
         says="v.yaml: '\\x1b[2J\\u202e' is no setting; known are: {ANY}"),
    yaml_case("wrong-type", "a number in place of text", "store: 5\n",
         says="v.yaml: store must be text (in quotes), not int"),
    yaml_case("text-number", "text in place of a number", "wait: soon\n",
         says="v.yaml: wait must be a number, not str"),
    yaml_case("bool-number", "true in place of a number", "wait: true\n",
         says="v.yaml: wait must be a number, not bool"),
    yaml_case("date", "a date that is none", "wait: 2024-13-45\n",
         says="v.yaml: a value is none of its type (a date, a number); put text in quotes"),
    yaml_case("int-tag", "text tagged as a number", "wait: !!int soon\n",
         says="v.yaml: a value is none of its type (a date, a number); put text in quotes"),
    yaml_case("empty-int", "nothing tagged as a number", "wait: !!int ''\n",
         says="v.yaml: a value is none of its type (a date, a number); put text in quotes"),
    yaml_case("timestamp-tag", "text tagged as a time", "wait: !!timestamp soon\n",
         says="v.yaml: a value is none of its type (a date, a number); put text in quotes"),
    yaml_case("huge-number", "a number of 5,000 digits", "wait: " + "9" * 5000 + "\n",
         says="v.yaml: a value is none of its type (a date, a number); put text in quotes"),
    yaml_case("inf", "infinity", "wait: .inf\n",
         says="wait must be 0 or more, not inf"),
    yaml_case("nan", "not a number", "lease_ttl: .nan\n",
         says="lease_ttl must be 1 or more, not nan"),
    yaml_case("list", "a list in place of settings", "- store\n",
         says="v.yaml must hold 'key: value' lines"),
    yaml_case("key-list", "a list as a key", "? [a]\n: b\n",
         says="v.yaml, line 1: no valid YAML: found unhashable key"),
    yaml_case("key-number", "a number as a key", "1: b\n",
         says="v.yaml must hold 'key: value' lines"),
    yaml_case("documents", "two documents", "wait: 1\n---\nwait: 2\n",
         says="v.yaml, line 2: no valid YAML: but found another document"),
    yaml_case("profiles-list", "profiles that are a list", "profiles: [a]\n",
         says="v.yaml: profiles must hold 'key: value' lines"),
    yaml_case("profile-text", "a profile that is text", "profiles: {a: b}\n",
         says="v.yaml: profile a must hold 'key: value' lines"),
    yaml_case("unknown-profile", "an unknown profile", "profiles: {a: {wait: 1}}\n",
              command=COMMAND + " --profile b",
         says="v.yaml: there is no profile 'b'; it has: a"),
    yaml_case("secret", "a key in the file", "api_key: TELLTALE\n",
         says="v.yaml: api_key does not belong into a file that is shared; set WEAVIATE_API_KEY or WEAVIATE_API_KEY_FILE"),
    yaml_case("secret-in-profile", "a password in a profile", "profiles: {p: {Password: TELLTALE}}\n",
         says="v.yaml: profile p: Password does not belong into a file that is shared; set WEAVIATE_API_KEY or WEAVIATE_API_KEY_FILE"),
    yaml_case("nul", "a NUL", b"store: a\0b\n",
         says="v.yaml: no valid YAML: it can not be read"),
    yaml_case("latin-1", "Latin-1 instead of UTF-8", "store: é\n".encode("latin-1"),
         says="v.yaml is not UTF-8: save it as UTF-8"),
    yaml_case("syntax", "no YAML", "store: [a\n",
         says="v.yaml, line 2: no valid YAML: expected ',' or ']', but got '<stream end>'"),
    yaml_case("tab", "a tab as indentation", "profiles:\n\tp: {wait: 1}\n",
         says="v.yaml, line 2: no valid YAML: found character '\\t' that cannot start any token"),
    Case(name="yaml-absent", bad="a file that is not there", code=2, says="v.yaml can not be read (No such file or directory); name a file by --config",
         command=COMMAND, arrange=folder()),
    Case(name="yaml-directory", bad="a directory in its place", code=2, says="v.yaml can not be read (Is a directory); name a file by --config",
         command=COMMAND, arrange=made(lambda world: (world.folder / "v.yaml").mkdir())),
    Case(name="yaml-variable", bad="an unknown key in the file of VARITY_CONFIG", code=2,
         says="v.yaml: 'stores' is no setting; known are: {ANY}", arrange=by_variable("stores: x\n")),
    Case(name="yaml-no-file", bad="a profile without a file", code=2, says="profile 'p' needs a file: add --config FILE",
         command=LOAD + " --profile p", arrange=folder()),
    loads("yaml-empty", "an empty file", file(""), command=COMMAND),
)  # fmt: skip
