# SPDX-License-Identifier: Apache-2.0
"""An application server: answers what comes over UDP with one status and writes it to a file.
as_server.py ADDRESS PORT FILE [STATUS]"""
import socket
import sys


def answer(text, status):
    kept = [line for line in text.split("\r\n\r\n")[0].split("\r\n")[1:]
            if line.split(":")[0].lower() in ("via", "from", "call-id", "cseq")]
    to = next(line for line in text.split("\r\n") if line.lower().startswith("to:"))
    return "\r\n".join([f"SIP/2.0 {status} Said", *kept, to + ";tag=as", "Content-Length: 0", "", ""])


def main():
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.bind((sys.argv[1], int(sys.argv[2])))
    status = sys.argv[4] if len(sys.argv) > 4 else "200"
    with open(sys.argv[3], "w", encoding="utf-8") as out:
        while True:
            data, peer = sock.recvfrom(65536)
            text = data.decode("utf-8", "replace")
            out.write(text)
            out.flush()
            sock.sendto(answer(text, status).encode(), peer)


main()
