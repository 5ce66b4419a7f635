# SPDX-License-Identifier: Apache-2.0
"""A shell that stays in a namespace of the lab: a new process is dear in the guest, and `./lab exec` takes ten."""
import re
import subprocess


class Shell:
    def __init__(self, lab, netns, *through):
        """through: a command that runs the shell, as in another namespace."""
        self.process = lab.start_in(netns, *through, "sh", stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)

    def run(self, command, check=True):
        """What it prints, errors too."""
        self.process.stdin.write(f"{command}\necho \"=done= $?\"\n")
        self.process.stdin.flush()
        out = []
        for line in self.process.stdout:
            if line.startswith("=done= "):
                status = int(line.split()[1])
                assert status == 0 or not check, f"{command}: exit {status}\n{''.join(out)}"
                return "".join(out)
            out.append(line)
        raise AssertionError(f"the shell ended at: {command}")

    def batch(self, *commands):
        """Commands of ip, in one process."""
        text = "\n".join(commands)
        return self.run(f"ip -batch - <<'END'\n{text}\nEND")

    def sas(self):
        """The SPIs of the SAs in the kernel, with what else `ip -s xfrm state` says of each."""
        found = re.split(r"(?m)^(?=src )", self.run("ip -s xfrm state"))
        return {int(m.group(1), 16): text for text in found for m in [re.search(r"proto esp spi (0x\w+)", text)] if m}

    def policies(self):
        """How many policies, the kernel's own for sockets aside."""
        return len(re.findall(r"(?m)^src (?!.*\n\tsocket )", self.run("ip xfrm policy")))

    def held(self):
        """(SAs, policies)."""
        return len(self.sas()), self.policies()

    def xfrm_stat(self):
        """The counters of what ESP did not let through."""
        return {name: int(value) for name, value in map(str.split, self.run("cat /proc/net/xfrm_stat").splitlines())}


def shell(lab, netns):
    """One per lab and namespace."""
    known = lab.__dict__.setdefault("shells", {})
    if netns not in known:
        known[netns] = Shell(lab, netns)
    return known[netns]
