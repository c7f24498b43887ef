"""Chunks, packs and locator nodes once more, straight from their written specification and from nothing else.

Usage: python3 reference.py > vectors.json
"""
import hashlib, json, struct

def sha(b): return hashlib.sha256(b).digest()
def uleb(n):
    out = b''
    while n >= 0x80: out, n = out + bytes([n & 0x7f | 0x80]), n >> 7
    return out + bytes([n])
def string(t): return uleb(len(t.encode())) + t.encode()

# chunks: FastCDC with a 32-bit gear hash
gear = [struct.unpack('<I', sha(string('squid.chunk.gear.1') + bytes([i]))[:4])[0] for i in range(256)]
MIN, AVERAGE, MAX = 16 << 10, 64 << 10, 256 << 10
def cuts(data):
    out, start = [], 0
    while start < len(data):
        end, h = min(len(data), start + MAX), 0
        for at in range(start + MIN, end):
            h = (h << 1) + gear[data[at]] & 0xffffffff
            bits = 18 if at - start < AVERAGE else 14
            if h >> (32 - bits) == 0: end = at + 1; break
        out.append(end - start); start = end
    return out
# sample data: SHA-256 of a little-endian 32-bit counter, over and over
noise = b''.join(sha(struct.pack('<I', i)) for i in range(1 << 16))
zeros = bytes(600000)

# pack of two raw chunks
one, two = b'one', b'chunk two'
def pack(chunks):
    data, entries = b'', []
    for c in chunks:
        entries.append((sha(c), len(data), len(c), len(c), 0)); data += c
    index = b''.join(i + struct.pack('<QIIB', o, l, r, e) for i, o, l, r, e in sorted(entries))
    return data + index + struct.pack('<I', len(entries)) + b'squidpk1'

# locator leaf: `one` in the node's own blob, `two` in another
blob, size = bytes(range(32)), 1000
entries = sorted([(sha(one), 0, 5, 3), (sha(two), 1, 100, 9)])
leaf = string('squid.locator.leaf.1') + uleb(1) + blob + struct.pack('<Q', size) + uleb(2)
for i, where, offset, length in entries: leaf += i + uleb(where) + struct.pack('<QIIB', offset, length, length, 0)
# locator inner node: two children, digits 1 and 15, in the node's own blob and the other
inner = string('squid.locator.inner.1') + uleb(1) + blob + struct.pack('<Q', size) + struct.pack('<H', 1 << 1 | 1 << 15)
inner += uleb(0) + struct.pack('<QI', 7, 40) + sha(b'child 1') + struct.pack('<I', 64)
inner += uleb(1) + struct.pack('<QI', 900, 100) + sha(b'child 15') + struct.pack('<I', 1)

print(json.dumps({
    'gear': gear[:8],
    'noiseCuts': cuts(noise), 'zeroCuts': cuts(zeros),
    'pack': pack([one, two]).hex(),
    'locatorLeaf': leaf.hex(), 'locatorInner': inner.hex(),
}, indent=1))
