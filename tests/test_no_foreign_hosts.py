"""No committed file leads anywhere but to the evidence, and none names a machine."""

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]

# The evidence and the documents about it may point to where they were read.
MAY_LINK = ("docs/", "src/ketacourse/evidence/")

# Names of document formats and addresses built from an identifier, allowed anywhere.
IDENTIFIERS = {
    "doi.org",
    "example.org",  # reserved for examples: leads nowhere
    "pubmed.ncbi.nlm.nih.gov",
    "json-schema.org",
    "www.apache.org",
    "www.sbml.org",
    "www.w3.org",
}
# Files that decide where software comes from name no host at all.
WHERE_SOFTWARE_COMES_FROM = re.compile(
    r"(^|/)(constraints.*\.txt|requirements.*|pyproject\.toml|.*\.lock|.*\.cfg|\.npmrc|package.*\.json)$"
)

HOST = re.compile(r"\b(?:https?|ftp|wss?)://([^\s/\"'<>()\[\]{}`,;\\]+)", re.IGNORECASE)
PUBLIC_NAME = re.compile(r"^(?:[a-z0-9-]+\.)+[a-z]{2,}$", re.IGNORECASE)
MACHINE_PATH = re.compile(r"(?<![\w.])(?:/(?:home|root|Users|work|mnt)/\w|[A-Z]:\\\\?Users)")


def committed_files() -> list[Path]:
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
        cwd=ROOT, capture_output=True, check=False,
    )  # fmt: skip
    if listed.returncode:
        pytest.skip("not a git checkout: the list of committed files is not known")
    names = filter(None, listed.stdout.decode().split("\0"))
    return [ROOT / name for name in names if (ROOT / name).is_file()]


def foreign_hosts(name: str, text: str) -> list[str]:
    """Return the hosts in a file that it may not name."""
    hosts = [host.rpartition("@")[2].partition(":")[0].lower() for host in HOST.findall(text)]
    if WHERE_SOFTWARE_COMES_FROM.search(name):
        return hosts
    if name.startswith(MAY_LINK):
        return [host for host in hosts if not PUBLIC_NAME.match(host)]
    return [host for host in hosts if host not in IDENTIFIERS]


def test_no_committed_file_names_a_foreign_host_or_a_machine_path():
    problems = []
    for path in committed_files():
        name = path.relative_to(ROOT).as_posix()
        try:
            text = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue  # an image
        problems += [f"{name}: host {host}" for host in foreign_hosts(name, text)]
        if path != Path(__file__).resolve():
            problems += [f"{name}: path {found}" for found in MACHINE_PATH.findall(text)]
    assert problems == []


@pytest.mark.parametrize(
    ("name", "address", "hosts"),
    [
        ("src/ketacourse/report/page.py", "cdn.example.com/x.js", ["cdn.example.com"]),
        ("src/ketacourse/report/page.py", "doi.org/10.1/x", []),
        ("docs/safety.md", "www.example.org/label", []),
        ("docs/safety.md", "10.0.0.7:3141/simple", ["10.0.0.7"]),
        ("docs/safety.md", "localhost:80", ["localhost"]),
        ("constraints.txt", "doi.org/x", ["doi.org"]),
        ("requirements.lock", "user:pw@mirror.example.com/simple", ["mirror.example.com"]),
    ],
)
def test_the_check_itself_tells_friend_from_foe(name, address, hosts):
    assert foreign_hosts(name, f"see https://{address} for more") == hosts
