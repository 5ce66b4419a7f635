# SPDX-License-Identifier: Apache-2.0
"""tools/uml on the host: its command's output and exit status come through, only --rw folders are written, nothing
is left, and what is said when it cannot. One boot, as a normal user where the tests run as root."""
import os
import shutil
import subprocess
import tempfile

import pytest

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.realpath(__file__))))
UML = os.path.join(TOP, "tools/uml")
NOBODY = 65534
BOOT_S = "240"  # a busy machine makes it ten times slower
SCRIPT = """
echo out; echo err >&2; echo "uid $(id -u)"; echo kept >"$1/kept"; echo lost >"/tmp/lost-$2" || echo cannot
ip xfrm state add src 127.0.0.1 dst 127.0.0.2 proto esp spi 0x1001 mode transport \
    auth 'hmac(sha1)' 0x0000000000000000000000000000000000000000 enc 'cbc(aes)' 0x00000000000000000000000000000000
ip xfrm state count; exit 7
"""


def is_there():
    return shutil.which("linux.uml", path=os.environ.get("PATH", "") + ":/usr/bin") is not None


needs_uml = pytest.mark.skipif(not is_there(), reason="linux.uml is not installed (make deps)")


def as_normal_user():
    """The command line that makes one of root; nothing where the checkout is closed to others, or we are no root."""
    argv = ["setpriv", "--reuid", str(NOBODY), "--regid", str(NOBODY), "--clear-groups", "--inh-caps=-all"]
    if os.geteuid() != 0 or subprocess.run([*argv, "test", "-x", UML], check=False).returncode != 0:
        return []
    return argv


def uml(*argv, user=(), **environment):
    return subprocess.run([*user, UML, *argv], capture_output=True, text=True, check=False, cwd=TOP,
                          env={**os.environ, **environment})


@needs_uml
def test_a_normal_user_gets_root_with_ESP_and_output_status_and_the_rw_folder_come_through():
    user, mine = as_normal_user(), tempfile.mkdtemp()  # pytest's own folder is closed to others
    kept, scratch = os.path.join(mine, "kept"), os.path.join(mine, "scratch")
    try:
        for folder in (mine, kept, scratch):
            os.makedirs(folder, exist_ok=True)
            if user:
                os.chown(folder, NOBODY, NOBODY)
        name = os.path.basename(mine)
        done = uml("-t", BOOT_S, "--rw", kept, "--", "sh", "-c", SCRIPT, "sh", kept, name, user=user, TMPDIR=scratch)
        assert done.returncode == 7, done.stderr
        assert done.stdout.split("\n")[:2] == ["out", "uid 0"] and "SAD count 1" in done.stdout
        assert "err\n" in done.stderr
        with open(os.path.join(kept, "kept"), encoding="ascii") as f:
            assert f.read() == "kept\n"
        assert not os.path.exists(f"/tmp/lost-{name}") and "cannot" not in done.stdout
        assert os.listdir(scratch) == []
    finally:
        shutil.rmtree(mine)


@needs_uml
def test_when_the_time_is_over_it_says_so_and_nothing_is_left(tmp_path):
    done = uml("-t", "0.3", "--", "sleep", "1000", TMPDIR=str(tmp_path))
    assert done.returncode == 124 and "not done after 0.3 s" in done.stderr
    assert os.listdir(tmp_path) == []
    said = subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True, check=True).stdout
    assert f"uml_dir={tmp_path}" not in said


def test_without_linux_uml_it_says_which_package_and_ends_with_77():
    done = uml("--", "true", LINUX_UML="no-such-kernel")
    assert done.returncode == 77 and "user-mode-linux" in done.stderr
    assert "" == done.stdout


def test_lab_up_uml_without_linux_uml_is_a_sentence(tmp_path):
    done = subprocess.run(["/usr/bin/python3", os.path.join(TOP, "lab"), "-d", str(tmp_path), "up", "--uml"],
                          capture_output=True, text=True, check=False, env={**os.environ, "PATH": "/nowhere"})
    assert done.returncode == 1 and done.stderr == "lab: linux.uml is not there: make deps (package user-mode-linux)\n"


def test_without_a_command_it_says_how():
    done = uml()
    assert done.returncode == 2 and "which command?" in done.stderr
