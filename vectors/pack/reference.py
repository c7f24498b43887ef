"""Chunks and packs once more, straight from README.md and from nothing else.

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


# reading a pack: the rules of the README, in their order
MAX_RAW, MAX_PACK, MAX_ENTRIES = 1 << 20, 1 << 28, 1 << 20
class Refused(Exception): pass
def need(ok, why):
    if not ok: raise Refused(why)
def read(p):
    need(12 <= len(p) <= MAX_PACK, 'size')
    need(p[-8:] == b'squidpk1', 'magic')
    count, = struct.unpack('<I', p[-12:-8])
    end = len(p) - 12 - 49 * count
    need(count <= MAX_ENTRIES and end >= 0, 'count')
    entries = [(p[at:at + 32], *struct.unpack('<QIIB', p[at + 32:at + 49])) for at in range(end, len(p) - 12, 49)]
    need(all(a[0] < b[0] for a, b in zip(entries, entries[1:])), 'order')
    for _, _, length, raw, encoding in entries:
        need(encoding <= 1 and raw <= MAX_RAW and (length == raw if encoding == 0 else length < raw), 'sizes')
    at = 0
    for _, offset, length, _, _ in sorted(entries, key=lambda e: (e[1], e[2])):
        need(offset == at, 'tiling'); at += length
    need(at == end, 'end')
    return {i: p[o:o + l] for i, o, l, _, _ in entries}

def forge(entries, data=one + two, count=None, magic=b'squidpk1'):
    index = b''.join(i + struct.pack('<QIIB', *rest) for i, *rest in entries)
    return data + index + struct.pack('<I', len(entries) if count is None else count) + magic
first, second = sorted([(sha(one), 0, 3, 3, 0), (sha(two), 3, 9, 9, 0)])
assert forge([first, second]) == pack([one, two])
assert read(pack([one, two])) == {sha(one): one, sha(two): two} and read(pack([])) == {}
def but(entry, **change):
    names = ['id', 'offset', 'length', 'raw', 'encoding']
    return tuple(change.get(n, v) for n, v in zip(names, entry))
# `two` is the second in the pack's data; which of both comes first in the index depends on their hashes.
is_first = first[1] == 0
def with_two(**change):
    return [first, but(second, **change)] if is_first else [but(first, **change), second]
refused = {
    'nothing': b'',
    'shorter than a trailer': pack([])[1:],
    'another magic': forge([first, second], magic=b'squidpk2'),
    'more entries than bytes': forge([first, second], count=3),
    'as many entries as a u32 can say': forge([first, second], count=0xffffffff),
    'fewer entries than bytes': forge([first, second], count=1),
    'ids out of order': forge([second, first]),
    'an id twice': forge([first, first]),
    'an overlap': forge(with_two(offset=2)),
    'all of it twice': forge(with_two(offset=0, length=12, raw=12)),
    'a gap': forge(with_two(offset=4, length=8, raw=8)),
    'a gap before the index': forge(with_two(length=8, raw=8)),
    'a chunk that reaches into the index': forge(with_two(length=10, raw=10)),
    'an offset beyond the pack': forge(with_two(offset=1 << 40)),
    'an offset of 64 bits': forge(with_two(offset=(1 << 64) - 1)),
    'a length of 32 bits': forge(with_two(length=0xffffffff, raw=0xffffffff)),
    'a raw chunk of another size': forge(with_two(raw=10)),
    'compression that does not shrink': forge(with_two(encoding=1)),
    'an unknown encoding': forge(with_two(encoding=2)),
    'a raw size beyond the limit': forge(with_two(raw=MAX_RAW + 1, encoding=1)),
}
for what, bytes_ in refused.items():
    try: read(bytes_)
    except Refused: continue
    raise AssertionError(what)

print(json.dumps({
    'gear': gear[:8],
    'noiseCuts': cuts(noise), 'zeroCuts': cuts(zeros),
    'pack': pack([one, two]).hex(),
    'refused': {what: bytes_.hex() for what, bytes_ in refused.items()},
}, indent=1))
