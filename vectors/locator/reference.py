"""Locators once more, straight from README.md and from nothing else.

Usage: python3 reference.py > vectors.json
"""
import hashlib, json, struct

def sha(b): return hashlib.sha256(b).digest()
def uleb(n):
    out = b''
    while n >= 0x80: out, n = out + bytes([n & 0x7f | 0x80]), n >> 7
    return out + bytes([n])
def string(t): return uleb(len(t.encode())) + t.encode()
def vector(items): return uleb(len(items)) + b''.join(items)
LEAF, INNER = string('squid.locator.leaf.1'), string('squid.locator.inner.1')

# writing. A blob is (id, size), or None for the one that the node lies in.
def table(blobs):
    named = sorted({b for b in blobs if b is not None})
    return vector([i + struct.pack('<Q', size) for i, size in named]), lambda b: uleb(0 if b is None else 1 + named.index(b))
def leaf_of(entries):
    head, place = table([e[1] for e in entries])
    return LEAF + head + vector([i + place(b) + struct.pack('<QIIB', *rest) for i, b, *rest in entries])
def inner_of(children):
    head, place = table([c[1] for c in children])
    body = b''.join(place(b) + struct.pack('<QI', o, l) + h + struct.pack('<I', n) for _, b, o, l, h, n in children)
    return INNER + head + struct.pack('<H', sum(1 << c[0] for c in children)) + body
def digit(key, depth): return key[depth // 2] >> 4 if depth % 2 == 0 else key[depth // 2] & 15

class Writer:
    """Blobs are numbered; a place in one is named once that blob has ended."""
    def __init__(self, content, limit=None):
        self.used, self.limit, self.ended, self.nodes = content, limit, [], []
    def named(self, number): return self.ended[number] if number < len(self.ended) else None
    def settle(self, b): return self.named(b) if isinstance(b, int) else b
    def write(self, encode):
        node = encode()
        if self.limit is not None and self.used + len(node) > self.limit:
            self.ended.append((sha(b'blob' + bytes([len(self.ended)])), self.limit)); self.used = 0
            node = encode()
        link = (len(self.ended), self.used, len(node), sha(node))
        self.nodes.append((len(self.ended), node)); self.used += len(node)
        return link
    def tree(self, entries, depth=0):
        if len(entries) <= 64:
            return *self.write(lambda: leaf_of([(i, self.settle(b), *rest) for i, b, *rest in entries])), len(entries)
        groups = [(d, [e for e in entries if digit(e[0], depth) == d]) for d in range(16)]
        children = [(d, *self.tree(group, depth + 1)) for d, group in groups if group]
        return *self.write(lambda: inner_of([(d, self.settle(b), *rest) for d, b, *rest in children])), len(entries)

# reading: the rules of the README
class Refused(Exception): pass
def need(ok, why='malformed'):
    if not ok: raise Refused(why)
class Reader:
    def __init__(self, b, at): self.b, self.at = b, at
    def take(self, n):
        need(self.at + n <= len(self.b), 'end')
        self.at += n
        return self.b[self.at - n:self.at]
    def int(self, n):
        value = int.from_bytes(self.take(n), 'little')
        need(value < 1 << 53, 'number')
        return value
    def uleb(self):
        n = 0
        for i in range(5):
            byte = self.int(1)
            n |= (byte & 0x7f) << 7 * i
            if byte < 0x80:
                need((i == 0 or byte) and n < 1 << 32, 'ULEB128')
                return n
        raise Refused('ULEB128')
    def vector(self, most, read):
        n = self.uleb(); need(n <= most, 'limit')
        return [read() for _ in range(n)]
def ordered(items): need(all(a < b for a, b in zip(items, items[1:])), 'order')
def read(node, own):
    tag = LEAF if node.startswith(LEAF) else INNER
    need(node.startswith(tag), 'tag')
    r = Reader(node, len(tag))
    blobs = r.vector(64, lambda: (r.take(32), r.int(8))); ordered([i for i, _ in blobs])
    used = set()
    def place():
        n = r.uleb(); need(n <= len(blobs), 'unknown blob'); used.add(n)
        blob = own if n == 0 else blobs[n - 1]
        offset, length = r.int(8), r.int(4)
        need(offset + length <= blob[1], 'beyond the blob')
        return blob, offset, length
    def entry():
        i, (blob, offset, length), raw, encoding = r.take(32), place(), r.int(4), r.int(1)
        need(encoding <= 1 and raw <= 1 << 20 and (length == raw if encoding == 0 else length < raw), 'sizes')
        return i, blob, offset, length, raw, encoding
    def child(d):
        (blob, offset, length), h, n = place(), r.take(32), r.int(4)
        need(n and length <= 1 << 20, 'child')
        return d, blob, offset, length, h, n
    if tag == LEAF:
        items = r.vector(64, entry); need(items, 'no entries'); ordered([e[0] for e in items])
    else:
        bits = r.int(2); need(bits, 'no children')
        items = [child(d) for d in range(16) if bits >> d & 1]
        need(sum(c[5] for c in items) > 64, 'should be a leaf')
    need(len(used - {0}) == len(blobs), 'unused blob'); need(r.at == len(node), 'trailing')
    return ('leaf' if tag == LEAF else 'inner'), items
def walk(load, blob, offset, length, h, count=None, prefix=''):
    node = load(blob, offset, length); need(sha(node) == h, 'hash')
    kind, items = read(node, blob)
    total = len(items) if kind == 'leaf' else sum(c[5] for c in items)
    need(count is None or total == count, 'count')
    if kind == 'leaf':
        need(all(e[0].hex().startswith(prefix) for e in items), 'elsewhere')
        return items
    need(len(prefix) < 64, 'depth')
    return [e for d, b, o, l, h2, n in items for e in walk(load, b, o, l, h2, n, prefix + f'{d:x}')]

# vectors
other = (bytes(range(32)), 1000)
leaf = leaf_of(sorted([(sha(b'one'), None, 5, 3, 3, 0), (sha(b'chunk two'), other, 100, 9, 9, 0)], key=lambda e: e[0]))
inner = inner_of([(1, None, 7, 40, sha(b'child 1'), 64), (15, other, 900, 100, sha(b'child 15'), 1)])
chunks = sorted([(sha(struct.pack('<I', i)), *((0, i, 10, 10, 0) if i % 3 == 0 else (other, i, 8, 9, 1))) for i in range(300)],
                key=lambda e: e[0])
def build(limit=None):
    writer = Writer(500, limit)
    number, *link, count = writer.tree(chunks)
    assert count == 300
    # As a reader finds it, once the last blob has ended as well.
    blobs = [*writer.ended, (sha(b'blob' + bytes([len(writer.ended)])), limit or 1 << 20)]
    stored, at = {}, 500
    for i, (n, node) in enumerate(writer.nodes):
        if i and writer.nodes[i - 1][0] != n: at = 0
        stored[blobs[n], at] = node; at += len(node)
    load = lambda blob, offset, length: stored[blob, offset][:length]
    assert walk(load, blobs[number], *link) == [(i, blobs[0] if b == 0 else b, *rest) for i, b, *rest in chunks]
    return writer.nodes, {'blob': number, 'offset': link[0], 'length': link[1], 'sha256': link[2].hex()}
(whole, whole_root), (split, split_root) = build(), build(8192)
assert len({n for n, _ in split}) > 2

own = (sha(b''), 1 << 20)
a, b, two = (sha(b'a'), 1000), (sha(b'b'), 1000), [(sha(b'1'), other, 1, 9, 10, 1), (sha(b'2'), other, 1, 9, 10, 1)]
two.sort(key=lambda e: e[0])
def entry(*rest, blob=other): return leaf_of([(sha(b'x'), blob, *rest)])
def child(count, length=10, d=0): return (d, other, 0, length, sha(b'x'), count)
def with_blobs(blobs, index):
    return LEAF + vector([i + struct.pack('<Q', s) for i, s in blobs]) + vector([sha(b'x') + uleb(index) + struct.pack('<QIIB', 1, 9, 10, 1)])
refused = {
    'another tag': string('squid.locator.leaf.2') + leaf[len(LEAF):],
    'a leaf without entries': leaf_of([]),
    '65 entries': leaf_of([(bytes([i]) * 32, other, 1, 9, 10, 1) for i in range(65)]),
    'entries out of order': leaf_of(two[::-1]),
    'an entry twice': leaf_of([two[0], two[0]]),
    'blobs out of order': with_blobs(sorted([a, b])[::-1], 1),
    'a blob twice': with_blobs([a, a], 1),
    'a blob that nothing uses': with_blobs(sorted([a, b]), 1),
    'a blob that is not listed': with_blobs([a], 2),
    'the own blob, and another that nothing uses': with_blobs([a], 0),
    'a place beyond its blob': entry(992, 9, 10, 1),
    'a place beyond its own blob': entry((1 << 20) - 8, 9, 10, 1, blob=None),
    'an offset of 2^53': entry(1 << 53, 9, 10, 1),
    'an offset of 64 bits': entry((1 << 64) - 1, 9, 10, 1),
    'a blob of 2^53 bytes': with_blobs([(a[0], 1 << 53)], 1),
    'an unknown encoding': entry(1, 9, 10, 2),
    'compression that does not shrink': entry(1, 9, 9, 1),
    'a raw chunk of another size': entry(1, 9, 10, 0),
    'a raw size beyond the limit': entry(1, 9, (1 << 20) + 1, 1),
    'a raw size of 32 bits': entry(1, 9, 0xffffffff, 1),
    'an inner node without children': inner_of([]),
    'a child of no chunks': inner_of([child(0), child(65, d=1)]),
    'an inner node that should be a leaf': inner_of([child(32), child(32, d=1)]),
    'a node beyond the limit': INNER + vector([other[0] + struct.pack('<Q', 1 << 30)]) + struct.pack('<H', 1) + uleb(1)
        + struct.pack('<QI', 0, (1 << 20) + 1) + sha(b'x') + struct.pack('<I', 65),
    'fewer children than bits': inner_of([child(65)]).replace(struct.pack('<H', 1) + uleb(1), struct.pack('<H', 3) + uleb(1)),
    'trailing bytes': leaf + b'\x00',
    'an end too early': leaf[:-1],
    'a length that is longer than needed': LEAF + b'\x80\x00' + vector([]),
}
assert read(leaf, own)[0] == 'leaf' and read(inner, own)[0] == 'inner' and read(entry(991, 9, 10, 1), own)
assert read(inner_of([child(33), child(32, d=1)]), own) and read(with_blobs(sorted([a]), 1), own)
for what, node in refused.items():
    try: read(node, own)
    except Refused: continue
    raise AssertionError(what)

print(json.dumps({
    'leaf': leaf.hex(), 'inner': inner.hex(),
    'tree': {
        'nodes': [node.hex() for _, node in whole], 'root': whole_root,
        'split': [{'blob': n, 'node': node.hex()} for n, node in split], 'splitRoot': split_root,
    },
    'refused': {what: node.hex() for what, node in refused.items()},
}, indent=1))
