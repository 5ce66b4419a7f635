# SPDX-License-Identifier: Apache-2.0
"""A USIM of the tests' own: AES, Milenage (TS 35.206), AUTS (TS 33.102 6.3.3), the digest of RFC 3310.

Slow and plain Python: nothing of the daemons' code is in it, so that a mistake cannot agree with
itself. test_the_tests_own_usim_agrees_with_TS_35_208 checks it."""
import base64
import hashlib


def double(x):
    return (x << 1 ^ (0x1B if x & 0x80 else 0)) & 0xFF


def make_sbox():
    """FIPS 197 5.1.1: the inverse in GF(2^8), then the affine map; 3 generates the field."""
    box, p, q = [0] * 256, 1, 1
    while True:
        p ^= double(p)
        q ^= q << 1
        q ^= q << 2
        q ^= q << 4
        q &= 0xFF
        if q & 0x80:
            q ^= 0x09
        turned = q
        for shift in (1, 2, 3, 4):
            turned ^= (q << shift | q >> 8 - shift) & 0xFF
        box[p] = turned ^ 0x63
        if p == 1:
            break
    box[0] = 0x63
    return box


SBOX = make_sbox()


class Aes:
    """AES-128, encryption of one block."""

    def __init__(self, key):
        words, rcon = [list(key[i:i + 4]) for i in range(0, 16, 4)], 1
        for i in range(4, 44):
            w = words[i - 1]
            if i % 4 == 0:
                w = [SBOX[b] for b in w[1:] + w[:1]]
                w[0] ^= rcon
                rcon = double(rcon)
            words.append([a ^ b for a, b in zip(words[i - 4], w)])
        self.keys = [sum(words[i:i + 4], []) for i in range(0, 44, 4)]

    def encrypt(self, block):
        s = xor(block, self.keys[0])
        for number in range(1, 11):
            s = [SBOX[s[(i + 4 * (i % 4)) % 16]] for i in range(16)]  # bytes and rows
            if number < 10:
                s = [mixed for i in range(0, 16, 4) for mixed in mix(s[i:i + 4])]
            s = xor(s, self.keys[number])
        return bytes(s)


def mix(c):
    every = c[0] ^ c[1] ^ c[2] ^ c[3]
    return [c[i] ^ every ^ double(c[i] ^ c[(i + 1) % 4]) for i in range(4)]


def xor(a, b):
    return bytes(x ^ y for x, y in zip(a, b))


class Milenage:
    def __init__(self, k, opc):
        self.aes, self.opc = Aes(k), opc

    def out(self, rand, rotate, constant, extra=bytes(16)):
        """OUTn: rotate is in octets; extra is xored in before (f1 only)."""
        temp = self.aes.encrypt(xor(rand, self.opc))
        if any(extra):
            moved = xor(extra, self.opc)
            moved = moved[rotate:] + moved[:rotate]
            return xor(self.aes.encrypt(xor(temp, moved)), self.opc)
        moved = xor(temp, self.opc)
        moved = bytearray(moved[rotate:] + moved[:rotate])
        moved[15] ^= constant
        return xor(self.aes.encrypt(moved), self.opc)

    def f1(self, rand, sqn, amf):
        """(MAC-A, MAC-S)"""
        both = self.out(rand, 8, 0, (sqn + amf) * 2)
        return both[:8], both[8:]

    def res_ak(self, rand):
        both = self.out(rand, 0, 1)
        return both[8:], both[:6]

    def ck(self, rand):
        return self.out(rand, 4, 2)

    def ik(self, rand):
        return self.out(rand, 8, 4)

    def ak_star(self, rand):
        return self.out(rand, 12, 8)[:6]


class Answer:
    """What the card says to a challenge: mac (whether AUTN is the network's), sqn, fresh; res, ck, ik."""


class Usim:
    """sqn is the highest accepted one; a challenge with a lower or the same SQN is not fresh."""

    def __init__(self, k, opc, sqn=0):
        self.k, self.opc, self.sqn = bytes.fromhex(k), bytes.fromhex(opc), sqn
        self.milenage = Milenage(self.k, self.opc)

    def answer(self, rand, autn):
        a = Answer()
        a.res, ak = self.milenage.res_ak(rand)
        sqn = xor(autn[:6], ak)
        a.mac = self.milenage.f1(rand, sqn, autn[6:8])[0] == autn[8:]
        a.sqn = int.from_bytes(sqn, "big")
        a.fresh = a.sqn > self.sqn
        a.ck, a.ik = self.milenage.ck(rand), self.milenage.ik(rand)
        if a.mac and a.fresh:
            self.sqn = a.sqn
        return a

    def auts(self, rand):
        sqn = self.sqn.to_bytes(6, "big")
        return xor(sqn, self.milenage.ak_star(rand)) + self.milenage.f1(rand, sqn, bytes(2))[1]


def md5(*parts):
    return hashlib.md5(b":".join(p if isinstance(p, bytes) else p.encode() for p in parts)).hexdigest()


def digest(username, realm, password, uri, nonce, qop=None, nc="00000001", cnonce="0a1b2c3d"):
    """The response of a REGISTER; the password (RES) is octets, not text (RFC 3310 3.3)."""
    ha1, ha2 = md5(username, realm, password), md5("REGISTER", uri)
    return md5(ha1, nonce, nc, cnonce, qop, ha2) if qop else md5(ha1, nonce, ha2)


def read_nonce(nonce):
    """(RAND, AUTN) of a nonce (RFC 3310 3.2)."""
    octets = base64.b64decode(nonce, validate=True)
    return octets[:16], octets[16:32]
