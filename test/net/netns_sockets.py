# SPDX-License-Identifier: Apache-2.0
"""Run in a fresh network namespace: hands UDP sockets of it to the process outside, over the socket
whose number is the argument. A request is "host port"; the end is its end."""
import array
import socket
import subprocess
import sys


def serve(asks):
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    asks.send(b"up")
    while True:
        ask = asks.recv(256).decode()
        if not ask:
            return
        host, port = ask.split()
        s = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_DGRAM)
        s.bind((host, int(port)))
        asks.sendmsg([b"x"], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [s.fileno()]))])
        s.close()


if __name__ == "__main__":
    serve(socket.socket(fileno=int(sys.argv[1])))
