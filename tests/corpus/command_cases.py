"""Command lines, environments and arguments that make no sense."""
# ruff: noqa: E501 - a sentence stands in one piece, so that it can be searched for

import os

from tests.corpus.case import LOAD, SECRET, Arrange, Case, World
from tests.corpus.data import folder
from tests.ingest.esco_builder import FILES, tiny, write_folder

USAGE = 2


def variable(name: str, value: str) -> Arrange:
    def arrange(world: World) -> None:
        folder()(world)
        world.set(name, value)

    return arrange


def key_file(content: bytes | None) -> Arrange:
    def arrange(world: World) -> None:
        key_in("key")(world)
        if content is not None:
            (world.folder / "key").write_bytes(content)

    return arrange


def key_in(file: str) -> Arrange:
    def arrange(world: World) -> None:
        world.set("WEAVIATE_API_KEY", "")
        world.set("WEAVIATE_API_KEY_FILE", file)

    return arrange


def loaded(world: World) -> None:
    """A completed load of another input."""
    write_folder(world.folder / "other", tiny(skills=FILES["skills"].replace("saw", "axe")))
    world.varity("ingest other --embedder hashing")
    folder()(world)


def file(name: str, content: str) -> Arrange:
    return lambda world: (world.folder / name).write_text(content)  # type: ignore[return-value]


def endless_line(world: World) -> None:
    world.change("ingest.cli.replaying.LONGEST_LINE_BYTES", 1 << 20)
    (world.folder / "a.jsonl").write_bytes(b"\n" + b" " * (1 << 20) + b"{}\n")


def flag(name: str, bad: str, words: str, says: str = "", arrange: Arrange | None = None) -> Case:
    return Case(name=f"flag-{name}", bad=bad, code=USAGE, says=says, command=f"{LOAD} {words}",
                arrange=arrange or folder())  # fmt: skip


def environment(name: str, bad: str, setting: str, value: str, says: str = "",
                command: str = LOAD) -> Case:  # fmt: skip
    return Case(name=f"env-{name}", bad=bad, code=USAGE, says=says, command=command,
                arrange=variable(setting, value))  # fmt: skip


def store(name: str, bad: str, url: str, says: str = "") -> Case:
    return Case(name=f"store-{name}", bad=bad, code=USAGE, says=says, arrange=folder(),
                command=("ingest", "data", "--embedder", "hashing", "--store", url))  # fmt: skip


def call(name: str, bad: str, command: str | tuple[str, ...], says: str = "",
         arrange: Arrange | None = None) -> Case:  # fmt: skip
    return Case(name=f"call-{name}", bad=bad, code=USAGE, says=says, command=command,
                arrange=arrange or loaded)  # fmt: skip


CASES: tuple[Case, ...] = (
    flag("resume-restart", "--resume with --restart", "--resume --restart",
         says="--resume goes on with a run; it can not be had with a new one"),
    flag("resume-force", "--resume with --force-reingest", "--resume --force-reingest",
         says="--resume goes on with a run; it can not be had with a new one"),
    flag("embedder", "an unknown embedder", "--embedder word2vec",
         says="there is no embedder named 'word2vec'; choose one of: local, t2v, hashing"),
    flag("other-embedder", "another embedder than the one that filled the target",
         "--embedder local", arrange=loaded,
         says="the target is filled by the embedder hashing; load with that one (--embedder), or let --force-reingest embed everything anew"),
    flag("prefix", "a prefix that begins no class name", "--prefix ab_c",
         says="prefix 'ab_c' can not begin a class name; write a capital letter and then small letters or digits, as in Test1"),
    flag("prefix-control", "a prefix that would move the cursor", "--prefix '\x1b[2J'",
         says="prefix '\\x1b[2J' can not begin a class name; write a capital letter and then small letters or digits, as in Test1"),
    flag("language", "a language without files", "--language de",
         says="ISCOGroups_de.csv is not in {FOLDER}/data: give ESCO's whole CSV download, and its language with --language"),
    flag("language-path", "a path as a language", "--language ../en",
         says="language '../en' is no code such as en or de"),
    flag("wait", "a negative --wait", "--wait -1",
         says="wait must be 0 or more, not -1"),
    flag("wait-nan", "--wait nan", "--wait nan",
         says="wait must be 0 or more, not nan"),
    flag("wait-text", "--wait soon", "--wait soon",
         says="Invalid value for '--wait': 'soon' is not a valid float."),
    flag("max-rejected", "a negative --max-rejected", "--max-rejected -1",
         says="max_rejected must be 0 or more, not -1"),
    flag("unknown", "an unknown option", "--fast", says="No such option '--fast'{ANY}"),
    flag("more", "one argument too many", "more",
         says="Got unexpected extra argument{ANY}(more)"),
    flag("profile", "a profile without a file", "--profile big",
         says="profile 'big' needs a file: add --config FILE"),
    environment("wait", "text for a number", "VARITY_WAIT", "soon",
         says="VARITY_WAIT must be a number, not 'soon'"),
    environment("max-rejected", "half a record", "VARITY_MAX_REJECTED", "1.5",
         says="VARITY_MAX_REJECTED must be a whole number, not '1.5'"),
    environment("digits", "a number of 5,000 digits", "VARITY_MAX_REJECTED", "9" * 5000,
         says="VARITY_MAX_REJECTED must be a whole number, not '9999999999999999999999999999999999999999...'"),
    environment("window", "a window of 0", "VARITY_WINDOW", "0",
         says="window must be 1 or more, not 0"),
    environment("ttl", "a lease of 0 seconds", "VARITY_LEASE_TTL", "0",
         says="lease_ttl must be 1 or more, not 0"),
    environment("ttl-nan", "a lease that is no number", "VARITY_LEASE_TTL", "nan",
         says="lease_ttl must be 1 or more, not nan"),
    environment("ttl-inf", "a lease for ever", "VARITY_LEASE_TTL", "1e999",
         says="lease_ttl must be 1 or more, not inf"),
    environment("grpc-port", "a gRPC port beyond 65535", "WEAVIATE_GRPC_PORT", "99999",
         says="grpc_port must be 65535 or less, not 99999"),
    environment("bool", "maybe, where true or false is meant", "VARITY_ALLOW_PLAIN_HTTP", "maybe",
         says="VARITY_ALLOW_PLAIN_HTTP must be true or false, not 'maybe'"),
    environment("control", "a value that would move the cursor", "VARITY_WAIT", "\x1b[2J\u202e",
         says="VARITY_WAIT must be a number, not '\\x1b[2J\\u202e'"),
    environment("embedder", "an embedder that would move the cursor", "VARITY_EMBEDDER", "\x1b[2J",
                command="ingest data",
         says="there is no embedder named '\\x1b[2J'; choose one of: local, t2v, hashing"),
    environment("data-long", "DATA in the environment with a name of 300 letters", "VARITY_DATA", "d" * 300,
                command="ingest --embedder hashing",
         says="{FOLDER}/{ANY} can not be read: File name too long"),
    environment("config-endless", "a device as configuration file", "VARITY_CONFIG", "/dev/zero",
         says="/dev/zero can not be read (File too large); name a file by --config"),
    environment("certificates-endless", "a device as file of certificates", "SSL_CERT_FILE", "/dev/zero",
                command=LOAD + " --store https://127.0.0.1:9",
         says="SSL_CERT_FILE: /dev/zero can not be read as certificates; correct or unset it"),
    environment("t2v-key", "a key in the t2v address", "VARITY_T2V_URL", f"http://x:{SECRET}@h",
         says="VARITY_T2V_URL holds more than an address; write http(s)://HOST:PORT, without a key"),
    environment("store-key", "a password in the store's URL", "WEAVIATE_URL", f"http://u:{SECRET}@h",
         says="the store's URL holds a user or password; leave them out and set WEAVIATE_API_KEY"),
    store("scheme", "a store of another kind", "postgres://localhost/esco",
         says="postgres://localhost/esco is no store; write sqlite:///FILE, http(s)://HOST:PORT or memory://"),
    store("control", "a store that would move the cursor", "\x1b[2J\u202e",
         says="\\x1b[2J\\u202e is no store; write sqlite:///FILE, http(s)://HOST:PORT or memory://"),
    store("no-host", "a URL without a host", "http://",
         says="the store's URL names no usable host; write http(s)://HOST:PORT"),
    store("port", "a port that is none", "http://localhost:99999",
         says="the store's URL is no usable address; write http(s)://HOST:PORT"),
    store("blank", "a blank in the host", "http://local host:8080",
         says="the store's URL names no usable host; write http(s)://HOST:PORT"),
    store("password", "a password in the URL", f"https://user:{SECRET}@localhost",
         says="the store's URL holds a user or password; leave them out and set WEAVIATE_API_KEY"),
    store("userinfo-other", "a password in a URL of another kind", f"ftp://user:{SECRET}@localhost",
         says="the store's URL holds a user or password; leave them out and set WEAVIATE_API_KEY"),
    store("token", "a key in the URL's query", f"http://localhost:1/?key={SECRET}",
         says="the store's URL holds more than an address; give a key by WEAVIATE_API_KEY or WEAVIATE_API_KEY_FILE"),
    store("brackets", "an IPv6 address left open", "http://[::1",
         says="the store's URL can not be read; write http(s)://HOST:PORT"),
    store("idna", "a host name that can not be written", "https://" + "a" * 70 + "\u00fc.example",
          says="https://" + "a" * 70 + "\u00fc.example is no usable address; write http(s)://HOST:PORT"),
    store("plain", "a key over plain HTTP to another machine", "http://weaviate.example:8080",
         says="the API key would travel to weaviate.example unencrypted; use https://, or set VARITY_ALLOW_PLAIN_HTTP=true if that network is trusted"),
    store("no-file", "sqlite without a file", "sqlite:///",
         says="sqlite:/// names no file; write sqlite:///varity.db"),
    store("nul", "sqlite with a NUL in the name", "sqlite:///a\0b",
         says="sqlite:///a\\x00b names no file; write sqlite:///varity.db"),
    store("slashes", "sqlite with two slashes", "sqlite://varity.db",
         says="sqlite://varity.db names no file; write sqlite:///varity.db"),
    Case(name="key-newline", bad="a line end inside the API key", code=USAGE, says="the API key holds a character that can not be sent; check WEAVIATE_API_KEY or the file that WEAVIATE_API_KEY_FILE names",
         arrange=variable("WEAVIATE_API_KEY", f"a\n{SECRET}"),
         command=LOAD + " --store http://127.0.0.1:9"),
    Case(name="key-file-absent", bad="a key file that is not there", code=USAGE, says="WEAVIATE_API_KEY_FILE: key can not be read (FileNotFoundError); name a file that holds the key and nothing else",
         arrange=key_file(None)),
    Case(name="key-file-empty", bad="an empty key file", code=USAGE, says="WEAVIATE_API_KEY_FILE: key is empty; put the key into it", arrange=key_file(b"\n")),
    Case(name="key-file-binary", bad="a key file that is no text", code=USAGE, says="WEAVIATE_API_KEY_FILE: key can not be read (UnicodeDecodeError); name a file that holds the key and nothing else",
         arrange=key_file(b"\xff\xfe")),
    Case(name="key-file-endless", bad="a device as key file", code=USAGE, says="WEAVIATE_API_KEY_FILE: /dev/zero can not be read (FileTooLarge); name a file that holds the key and nothing else",
         arrange=key_in("/dev/zero")),
    call("no-run", "an unknown run", "history zz",
         says="there is no run 'zz'; `varity-journal history` lists them"),
    call("run-control", "a run that would move the cursor", ("history", "\x1b[2J\u202e"),
         says="there is no run '\\x1b[2J\\u202e'; `varity-journal history` lists them"),
    call("class", "an unknown class", "search glue --class Skills",
         says="there is no class Skills; choose one of: ISCOGroup, SkillGroup, SkillCollection, Skill, Occupation"),
    call("limit", "a limit of 0", "search glue --limit 0",
         says="Invalid value for '--limit': 0 is not in the range 1<=x<=1000."),
    call("validate", "DATA that is not there", "validate nowhere",
         says="nowhere is not there; name the input that was loaded"),
    call("reset", "a reset that nobody confirms", "reset --journal",
         says="reset drops data and nobody is there to be asked; add --yes"),
    call("validate-long", "DATA with a name of 300 letters to validate", f"validate {'d' * 300}",
         says=f"{'d' * 300} is not there; name the input that was loaded"),
    call("reset-long", "a reset of a file with a name of 300 letters",
         f"reset --yes --store sqlite:///{'d' * 300}",
         says=f"{'d' * 300} can not be opened; check that its folder exists and the rights"),
    call("reset-idna", "a reset at a host name of other letters",
         ("reset", "--yes", "--store", "https://xn--\u202e.example"),
         says="Weaviate at https://xn--\\u202e.example with gRPC port 50051 is no usable address: expected http(s)://host:port and another port for gRPC"),
    call("reset-address", "a reset at an address of numbers past 255",
         "reset --yes --store https://999.999.999.999",
         says="Weaviate at https://999.999.999.999 with gRPC port 50051 is no usable address: expected http(s)://host:port and another port for gRPC"),
    call("reset-zone", "a reset at an IPv6 address with a zone",
         "reset --yes --store https://[fe80::1%eth0]:1",
         says="Weaviate at https://[fe80::1%eth0]:1 with gRPC port 50051 is no usable address: expected http(s)://host:port and another port for gRPC"),
    call("replay-absent", "an export that is not there", "replay nowhere.jsonl",
         says="nowhere.jsonl can not be read (No such file or directory); name what `varity-journal export` wrote"),
    call("replay-nul", "a NUL in the name of an export", ("replay", "a\0b"),
         says="'a\\x00b' is no name of a file: take the NUL out"),
    call("replay-device", "a device as export", "replay /dev/zero",
         says="/dev/zero is no plain file; name what `varity-journal export` wrote"),
    call("replay-pipe", "a pipe that nobody writes to as export", "replay pipe",
         arrange=lambda world: os.mkfifo(world.folder / "pipe"),
         says="pipe is no plain file; name what `varity-journal export` wrote"),
    call("replay-endless", "an export that is one endless line", "replay a.jsonl",
         arrange=endless_line,
         says="a.jsonl, line 2: longer than 1 MB; it is no event of an export"),
    call("replay-text", "an export that is no JSON", "replay a.jsonl",
         arrange=file("a.jsonl", "TELLTALE\n"),
         says="a.jsonl, line 1: no JSON; write the file with `varity-journal export`"),
    call("replay-other", "an export of another program", "replay a.jsonl",
         arrange=file("a.jsonl", '{"event": "TELLTALE"}\n'),
         says="a.jsonl, line 1: no event of an export; write it with `varity-journal export`"),
    call("replay-until", "a position that is none", "replay a.jsonl --until 1.2",
         arrange=file("a.jsonl", ""),
         says="--until 1.2 is no position; write EPOCH:SEQ, as in 1:12"),
    call("sample-few", "a sample of 5 concepts", "sample s.zip --concepts 5",
         says="a sample has 300 to 1,000,000 concepts, not 5"),
    call("sample-empty", "a sample without a name", ("sample", ""),
         says="the sample can not be written to '.': that names no file"),
    call("sample-nul", "a sample with a NUL in its name", ("sample", "a\0b/s.zip"),
         says="the sample can not be written to 'a\\x00b/s.zip': that names no file"),
    call("sample-folder", "a sample into a folder that is not there", "sample no/s.zip",
         says="the sample can not be written to no/s.zip: No such file or directory"),
    call("search-empty", "a search before any load", "search glue", arrange=folder(),
         says="sqlite:///varity.db holds nothing yet; load it with varity-journal ingest"),
)  # fmt: skip
