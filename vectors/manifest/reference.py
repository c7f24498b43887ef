"""Manifests once more, straight from README.md and from nothing else.

Usage: python3 reference.py > vectors.json
"""
import hashlib, json, re, struct

def sha(b): return hashlib.sha256(b).digest()
def uleb(n):
    out = b''
    while n >= 0x80: out, n = out + bytes([n & 0x7f | 0x80]), n >> 7
    return out + bytes([n])
def string(t): return uleb(len(t.encode())) + t.encode()
def vector(items): return uleb(len(items)) + b''.join(items)
def some(b): return b'\x01' + b
none = b'\x00'
no_rewrites = b'\x00\x00\x00'
def path(hash, name): return hash + string(name)

# Nix base-32: digit n of the text, counted from its end, is bits 5n..5n+4 of the bytes as a little-endian number
def base32(b):
    n = int.from_bytes(b, 'little')
    return ''.join('0123456789abcdfghijklmnpqrsvwxyz'[n >> 5 * i & 31] for i in reversed(range(32)))

# masking: every place is looked at
def mask(known, nar):
    masked, hashes, places, at, end = bytearray(nar), [], b'', 0, 0
    while at + 32 <= len(nar):
        text = nar[at:at + 32].decode('latin1')
        if text not in known: at += 1; continue
        number = sorted(known).index(text)
        if number not in hashes: hashes.append(number)
        places += uleb(at - end) + uleb(hashes.index(number))
        masked[at:at + 32] = b'e' * 32
        at = end = at + 32
    return bytes(masked), hashes, places
def numbers(b):
    at = 0
    while at < len(b):
        n = 0
        for i in range(7):
            need(at < len(b), 'end')
            byte = b[at]; at += 1
            n |= (byte & 0x7f) << 7 * i
            if byte < 0x80: break
        need(byte < 0x80 and (i == 0 or byte), 'ULEB128')
        yield n
def unmask(hashes, masked, places, size=None):
    size = len(masked) if size is None else size
    nar, end, seen, ns = bytearray(masked), 0, 0, list(numbers(places))
    need(len(ns) % 2 == 0, 'end')
    for gap, hash in zip(ns[::2], ns[1::2]):
        at, end = end + gap, end + gap + 32
        need(end <= size, 'beyond'); need(hash <= seen and hash < len(hashes), 'hash')
        need(nar[at:end] == b'e' * 32, 'placeholder')
        seen = max(seen, hash + 1)
        nar[at:end] = hashes[hash].encode()
    need(seen == len(hashes), 'unused')
    return bytes(nar)

keys = [bytes([i * 7 % 256]) + sha(bytes([i]))[:19] for i in range(40)]
keys.sort()
def entry(key, i):
    name = name_of(i)
    nar_hash = sha(b'nar' + bytes([i]))
    references = sorted([(base32(key), key, name), (base32(keys[0]), keys[0], 'path-0')] if i else [])
    deriver = some(path(keys[1], 'x.drv')) if i % 2 else none
    ca = some(string('text:sha256:' + '0' * 52)) if i % 3 == 2 else none
    signatures = [string('key-1:' + 'A' * 86 + '==')] if i % 2 else []
    chunks = uleb(0) + vector([sha(bytes([i, c])) for c in range(i % 4)])
    return (path(key, name) + nar_hash + struct.pack('<Q', 1000 + i) + vector([path(k, n) for _, k, n in references])
            + deriver + ca + vector(signatures) + chunks + log_of(i) + rewrites_of(i))
def name_of(i): return f'path-{i}.drv' if i % 7 == 3 else f'path-{i}'
def log_of(i): return some(struct.pack('<Q', 500 + i) + uleb(0) + vector([sha(bytes([i, 254]))])) if i % 7 == 3 else none
def rewrites_of(i):
    if i == 0 or i % 5 in (0, 4): return no_rewrites
    if i % 5 == 1: return vector([uleb(1)]) + uleb(0) + string('\x28\x00')
    if i % 5 == 2: return vector([uleb(1), uleb(0)]) + uleb(0) + string('\x00\x00\x00\x01\x21\x00')
    return vector([uleb(0)]) + uleb(1) + uleb(0) + vector([sha(bytes([i, 255]))])

nodes = {}
def node(tag, body):
    b = string(tag) + body
    nodes[sha(b).hex()] = b.hex()
    return sha(b)
def digit(key, depth): return key[depth // 2] >> 4 if depth % 2 == 0 else key[depth // 2] & 15
def tree(items, depth=0):
    size = sum(1000 + i for _, i in items)
    if len(items) <= 16: return node('squid.manifest.leaf.1', vector([entry(k, i) for k, i in items])), len(items), size
    groups = [[x for x in items if digit(x[0], depth) == d] for d in range(16)]
    body = struct.pack('<H', sum(1 << d for d, g in enumerate(groups) if g))
    for g in groups:
        if g:
            d, n, s = tree(g, depth + 1)
            body += d + struct.pack('<IQ', n, s)
    return node('squid.manifest.inner.1', body), len(items), size

items = [(k, i) for i, k in enumerate(keys)]
root, count, size = tree(items)
ids = [sha(struct.pack('<I', i)) for i in range(300)]
chunk_list = node('squid.manifest.chunks.1', b'\x01' + vector(ids))

record = string('squid.manifest.root.1') + sha(b'source') + struct.pack('<Q', 1700000000) + some(string('abcdef')) + none
outputs = vector([string('dev') + path(keys[2], 'hello-dev'), string('out') + path(keys[3], 'hello')])
program = f'/nix/store/{base32(keys[3])}-hello/bin/hello'
hello = string('hello') + some(path(keys[4], 'hello.drv')) + outputs + vector([string('out')]) + some(string(program))
bare = string('world') + none + vector([]) + vector([]) + none
record += vector([string('x86_64-linux') + vector([hello, bare])]) + b'\x02' + root + struct.pack('<IQ', count, size)


# reading: the rules of the README
class Refused(Exception): pass
def need(ok, why='malformed'):
    if not ok: raise Refused(why)
class Reader:
    def __init__(self, b, tags):
        self.b, self.at = b, 0
        self.tag = self.string(127)
        need(self.tag in tags, 'tag')
    def take(self, n):
        need(self.at + n <= len(self.b), 'end')
        self.at += n
        return self.b[self.at - n:self.at]
    def int(self, n): return int.from_bytes(self.take(n), 'little')
    def uleb(self):
        n = 0
        for i in range(5):
            byte = self.int(1)
            n |= (byte & 0x7f) << 7 * i
            if byte < 0x80:
                need((i == 0 or byte) and n < 1 << 32, 'ULEB128')
                return n
        raise Refused('ULEB128')
    def limit(self, most):
        n = self.uleb(); need(n <= most, 'limit')
        return n
    def vector(self, most, read): return [read() for _ in range(self.limit(most))]
    def string(self, most):
        try: return self.take(self.limit(most)).decode()
        except UnicodeDecodeError: raise Refused('UTF-8')
    def option(self, read):
        there = self.int(1); need(there <= 1, 'bool')
        return read() if there else None
    def end(self): need(self.at == len(self.b), 'trailing')

def ordered(items): need(all(a < b for a, b in zip(items, items[1:])), 'order')
def is_name(n): return re.fullmatch(r'[0-9a-zA-Z+\-._?=]{1,211}', n) and not re.match(r'\.\.?(-|$)', n)
def read_path(r):
    key, name = r.take(20), r.string(211); need(is_name(name), 'name')
    return key, f'/nix/store/{base32(key)}-{name}'
DIGITS = '[0-9abcdfghijklmnpqrsvwxyz]'
SIZES = {'md5': 16, 'sha1': 20, 'sha256': 32, 'sha512': 64}
def check_address(t):
    m = re.fullmatch(rf'(text|fixed:r|fixed):(md5|sha1|sha256|sha512):({DIGITS}+)', t); need(m, 'address')
    need(m[1] != 'text' or m[2] == 'sha256', 'address')
    bits = SIZES[m[2]] * 8
    n = 0
    for d in m[3]: n = n << 5 | '0123456789abcdfghijklmnpqrsvwxyz'.index(d)
    need(len(m[3]) == -(-bits // 5) and n < 1 << bits, 'address')
def check_signature(t):
    m = re.fullmatch(r'[!-9;-~]{1,255}:([A-Za-z0-9+/]{85}[AQgw]==)', t); need(m, 'signature')
def read_entry(r):
    key, own = read_path(r)
    r.take(32); size = r.int(8)
    references = [t for _, t in r.vector(8192, lambda: read_path(r))]; ordered(references)
    r.option(lambda: read_path(r))
    r.option(lambda: check_address(r.string(256)))
    signatures = r.vector(32, lambda: r.string(512)); ordered([t.encode() for t in signatures])
    for t in signatures: check_signature(t)
    read_chunks(r, r.uleb())
    if r.option(lambda: (r.int(8), read_chunks(r, r.uleb()))): need(own.endswith('.drv'), 'log')
    known = {base32(key)} | {t[11:43] for t in references}
    hashes = r.vector(8193, r.uleb)
    need(len(set(hashes)) == len(hashes) and all(n < len(known) for n in hashes), 'hashes')
    places = r.uleb(); need(places <= 1, 'places')
    if places: need(hashes, 'hashes'); read_chunks(r, r.uleb())
    else:
        b = bytes(r.take(r.limit(512)))
        unmask(['0' * 32] * len(hashes), b'e' * min(size, 1 << 20), b, size)
    return key, size
def read_chunks(r, kind):
    need(kind <= 1, 'chunks')
    if kind == 0: r.vector(256, lambda: r.take(32))
    else:
        r.take(32); level, count = r.int(1), r.int(4)
        need(256 < count <= 1 << 24 and level == (1 if count <= 4096 else 2), 'list')
def read_child(r): return r.take(32), r.int(4), r.int(8)
def read_tree(b):
    r = Reader(b, ['squid.manifest.leaf.1', 'squid.manifest.inner.1'])
    if 'leaf' in r.tag:
        n = r.uleb(); need(n <= 16, 'limit')
        start = r.at
        entries = [read_entry(r) for _ in range(n)]
        need(n < 2 or r.at - start <= 262144, 'leaf')
        ordered([key for key, _ in entries]); r.end()
        return 'leaf', entries
    bits = r.int(2); need(bits, 'children')
    children = [(d, *read_child(r)) for d in range(16) if bits >> d & 1]; r.end()
    need(all(n for _, _, n, _ in children) and sum(n for _, _, n, _ in children) >= 2, 'inner')
    return 'inner', children
def read_list(b):
    r = Reader(b, ['squid.manifest.chunks.1'])
    level = r.int(1); items = r.vector(4096, lambda: r.take(32)); r.end()
    need(level in (1, 2) and items, 'list')
INVISIBLE = '[\0-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]'
def read_root(b):
    r = Reader(b, ['squid.manifest.root.1'])
    def word(most, allowed=''):
        t = r.string(most); need(not re.search(INVISIBLE, t.translate({ord(c): None for c in allowed})), 'invisible')
        return t
    r.take(32); r.int(8); r.option(lambda: word(256)); r.option(lambda: word(4096, '\t\n\r'))
    def read_attribute():
        name = word(256); r.option(lambda: read_path(r))
        outputs = r.vector(64, lambda: (word(256).encode(), read_path(r))); ordered([n for n, _ in outputs])
        install = r.vector(64, lambda: word(256).encode())
        need(len(set(install)) == len(install) and set(install) <= {n for n, _ in outputs}, 'install')
        program = r.option(lambda: word(1024))
        if program is not None:
            m = re.fullmatch(rf'/nix/store/{DIGITS}{{32}}-([^/]+)((?:/[^/\0]+)*)', program, re.S)
            need(m and is_name(m[1]) and not {'.', '..'} & set(m[2].split('/')), 'program')
        return name.encode()
    def read_system():
        name = word(256).encode(); ordered(r.vector(4096, read_attribute)); return name
    ordered(r.vector(32, read_system)); need(r.int(1) <= 3, 'holds'); top = read_child(r); r.end()
    return top
def walk(digest, count, size, prefix=''):
    b = bytes.fromhex(nodes[digest.hex()]); need(sha(b) == digest, 'digest')
    kind, items_ = read_tree(b)
    if kind == 'leaf':
        need(len(items_) == count and sum(s for _, s in items_) == size, 'sums')
        need(all(key.hex().startswith(prefix) for key, _ in items_), 'elsewhere')
        return [key for key, _ in items_]
    need(len(prefix) < 40 and sum(i[2] for i in items_) == count and sum(i[3] for i in items_) == size, 'sums')
    return [key for d, h, n, s in items_ for key in walk(h, n, s, prefix + f'{d:x}')]
assert walk(*read_root(record)) == keys
read_list(bytes.fromhex(nodes[chunk_list.hex()]))

leaf_tag, inner_tag = string('squid.manifest.leaf.1'), string('squid.manifest.inner.1')
def leaf(*entries): return leaf_tag + vector(list(entries))
def one(name='x', references=(), address=none, signatures=(), chunks=uleb(0) + vector([]), log=none, rewrites=no_rewrites, size=1):
    return (path(keys[0], name) + sha(b'') + struct.pack('<Q', size) + vector([path(*r) for r in references]) + none
            + address + vector([string(s) for s in signatures]) + chunks + log + rewrites)
def log(*chunks): return some(struct.pack('<Q', 3) + b''.join(chunks))
def rewritten(hashes, places, kind=0): return vector([uleb(n) for n in hashes]) + uleb(kind) + places
def listed(level, count): return uleb(1) + sha(b'') + struct.pack('<BI', level, count)
def inner(*children, bits=None):
    body = b''.join(sha(b'') + struct.pack('<IQ', n, 1) for _, n in children)
    return inner_tag + struct.pack('<H', sum(1 << d for d, _ in children) if bits is None else bits) + body
def list_node(level, items_): return string('squid.manifest.chunks.1') + bytes([level]) + vector(items_)
sig = 'k:' + 'A' * 86 + '=='
by_text = sorted([(keys[1], 'a'), (keys[2], 'b')], key=lambda r: base32(r[0]))
big = [(sha(struct.pack('<I', i))[:20], 'n' * 211) for i in range(700)]
big.sort(key=lambda r: base32(r[0]))
big_entries = [path(k, 'x') + one(references=big)[22:] for k in keys[:2]]
tree_refused = {
    'another tag': string('squid.manifest.leaf.2') + vector([]),
    'a root record': record,
    'more than 16 entries': leaf(*[entry(k, i) for k, i in items[:17]]),
    'entries out of order': leaf(entry(*items[1]), entry(*items[0])),
    'an entry twice': leaf(one(), one('y')),
    'a leaf that is too large': leaf(*big_entries),
    'an empty name': leaf(one('')),
    'a name with a slash': leaf(one('a/b')),
    'a name that is a directory': leaf(one('..')),
    'a name that begins with one': leaf(one('.-x')),
    'a name of 212 characters': leaf(one('n' * 212)),
    'a name that is not UTF-8': leaf(one('xx').replace(string('xx'), b'\x02\xff\xff')),
    'references out of order': leaf(one(references=by_text[::-1])),
    'a reference twice': leaf(one(references=by_text[:1] * 2)),
    'an address of an unknown kind': leaf(one(address=some(string('git:sha1:' + '0' * 32)))),
    'an address in hexadecimal': leaf(one(address=some(string('fixed:sha256:' + '0' * 64)))),
    'a text by SHA-1': leaf(one(address=some(string('text:sha1:' + '0' * 32)))),
    'signatures out of order': leaf(one(signatures=['l' + sig, 'k' + sig])),
    'a signature twice': leaf(one(signatures=[sig, sig])),
    'a signature of 63 bytes': leaf(one(signatures=['k:' + 'A' * 84])),
    'a signature without a name': leaf(one(signatures=[sig[1:]])),
    '33 signatures': leaf(one(signatures=[f'{i:02}{sig}' for i in range(33)])),
    '257 chunks in the entry': leaf(one(chunks=uleb(0) + vector([sha(b'')] * 257))),
    'a list of 256 chunks': leaf(one(chunks=listed(1, 256))),
    'a list of level 1 with 4097 chunks': leaf(one(chunks=listed(1, 4097))),
    'a list of level 2 with 4096 chunks': leaf(one(chunks=listed(2, 4096))),
    'a list of level 3': leaf(one(chunks=listed(3, 5000))),
    'a list of too many chunks': leaf(one(chunks=listed(2, (1 << 24) + 1))),
    'chunks of an unknown kind': leaf(one(chunks=uleb(2))),
    'a log of a path that is no derivation': leaf(one(log=log(listed(1, 300)))),
    'a log of a path that is hardly one': leaf(one('drv', log=log(listed(1, 300)))),
    'a log with a list of level 3': leaf(one('x.drv', log=log(listed(3, 5000)))),
    'a log that is 2': leaf(one('x.drv', log=b'\2' + log(listed(1, 300))[1:])),
    'a hash that is not known': leaf(one(rewrites=rewritten([1], string('\0\0')), size=32)),
    'a hash in two numbers': leaf(one(rewrites=rewritten([0, 0], string('\0\0\0\1')), size=64)),
    'a number of a hash that is longer than needed': leaf(one(rewrites=b'\1\x80\0' + uleb(0) + string('\0\0'), size=32)),
    'places of an unknown kind': leaf(one(rewrites=rewritten([0], string('\0\0'), 2), size=32)),
    'places without hashes': leaf(one(rewrites=rewritten([], string('\0\0')), size=32)),
    'hashes without places': leaf(one(rewrites=rewritten([0], string('')), size=32)),
    'a place beyond the NAR': leaf(one(rewrites=rewritten([0], string('\0\0')), size=31)),
    'half a place': leaf(one(rewrites=rewritten([0], string('\0\0\0')), size=64)),
    '513 bytes of places': leaf(one(rewrites=rewritten([0], string('\x80\1\0' + '\0' * 510)), size=1 << 20)),
    'chunks of places without hashes': leaf(one(rewrites=rewritten([], uleb(0) + vector([sha(b'')]), 1), size=32)),
    'a list of places of level 3': leaf(one(rewrites=rewritten([0], listed(3, 5000), 1), size=32)),
    'an option that is 2': leaf(one(address=b'\x02' + string('x'))),
    'a length that is longer than needed': leaf_tag + b'\x80\x00',
    'a length without an end': leaf_tag + b'\xff' * 6,
    'a count beyond what is there': leaf_tag + b'\x10',
    'trailing bytes': leaf(one()) + b'\x00',
    'an inner node without children': inner(),
    'an inner node with an empty child': inner((0, 0), (1, 5)),
    'an inner node of one path': inner((0, 1)),
    'an inner node with fewer children than bits': inner((0, 20), bits=3),
    'an inner node with more children than bits': inner((0, 20), (1, 20), bits=1),
}
list_refused = {
    'level 0': list_node(0, [sha(b'')]), 'level 3': list_node(3, [sha(b'')]), 'no items': list_node(1, []),
    'trailing bytes': list_node(1, [sha(b'')]) + b'\x00', 'too many items': list_node(1, [sha(b'')] * 4097),
    'a leaf': leaf(),
}
def rec(systems=(), holds=0, last=b'', description=none):
    return (string('squid.manifest.root.1') + sha(b'source') + struct.pack('<Q', 0) + none + description
            + vector(list(systems)) + bytes([holds]) + root + struct.pack('<IQ', count, size) + last)
def system(name, *attributes): return string(name) + vector(list(attributes))
def attribute(name='a', outputs=(), install=(), program=none):
    return (string(name) + none + vector([string(o) + path(keys[0], 'x') for o in outputs])
            + vector([string(o) for o in install]) + program)
def program_of(t): return rec([system('s', attribute(program=some(string(t))))])
base = f'/nix/store/{base32(keys[0])}-x'
root_refused = {
    'a leaf': leaf(), 'trailing bytes': rec(last=b'\x00'), 'an unknown bit': rec(holds=4),
    'systems out of order': rec([system('t'), system('s')]), 'a system twice': rec([system('s'), system('s')]),
    'attributes out of order': rec([system('s', attribute('b'), attribute('a'))]),
    'attributes in the order of UTF-16': rec([system('s', attribute('\U0001f600'), attribute('\uff5e'))]),
    'outputs out of order': rec([system('s', attribute(outputs=['out', 'dev']))]),
    'an output twice': rec([system('s', attribute(outputs=['out', 'out']))]),
    'an output to install that is none': rec([system('s', attribute(outputs=['out'], install=['dev']))]),
    'an output to install twice': rec([system('s', attribute(outputs=['out'], install=['out', 'out']))]),
    'a relative program': program_of('bin/x'), 'a program outside of the store': program_of('/bin/sh'),
    'a program with a detour': program_of(base + '/../x'), 'a program with a dot': program_of(base + '/./x'),
    'a program with an empty part': program_of(base + '//x'), 'a program that is a folder': program_of(base + '/'),
    'a program with NUL': program_of(base + '/a\0'), 'a long program': program_of(base + '/' + 'a' * 1024),
    'a system with a line feed': rec([system('s\n')]), 'a system with DEL': rec([system('s\x7f')]),
    'an attribute that turns text around': rec([system('s', attribute('a\u202e'))]),
    'an output with an isolate': rec([system('s', attribute(outputs=['o\u2066']))]),
    'a program with a line feed': program_of(base + '/a\n'),
    'a description with an escape': rec(description=some(string('\x1b[2J'))),
    'a description with a C1 control': rec(description=some(string('\x9b2J'))),
    'a description with a line separator': rec(description=some(string('a\u2028b'))),
    'a long description': rec(description=some(string('x' * 4097))),
    '33 systems': rec([system(f'{i:02}') for i in range(33)]),
}
refused = {'tree': tree_refused, 'list': list_refused, 'root': root_refused}
for kind, read in ('tree', read_tree), ('list', read_list), ('root', read_root):
    for what, b in refused[kind].items():
        try: read(b)
        except Refused: continue
        raise AssertionError(f'{kind}: {what}')
# What the refused ones differ from is fine.
read_tree(leaf(one('x.y', by_text, some(string('fixed:r:sha1:' + '0' * 32)), [sig], listed(2, 4097))))
read_tree(leaf(one(rewrites=rewritten([0], string('\0\0')), size=32)))
read_tree(leaf(one(references=by_text, rewrites=rewritten([2, 0, 1], string('\0\0' * 254 + '\0\1\0\2')), size=8192)))
read_tree(leaf(one(rewrites=rewritten([0], listed(1, 300), 1), size=32)))
read_tree(leaf(one('x.drv', log=log(listed(1, 300)))))
read_tree(leaf(big_entries[0])); read_tree(inner((0, 1), (15, 1))); read_tree(leaf())
read_list(list_node(2, [sha(b'')] * 4096))
read_root(rec(description=some(string('a\tb\r\nc\u2027\u202f\u2065\u206a\xa0'))))
read_root(rec([system('s', attribute('\uff5e'), attribute('\U0001f600', ['dev', 'out'], ['out'], some(string(base))))], 3))

# masking: each NAR comes back
low, high, twin = '0' * 31 + '1', 'z' + '0' * 31, 'a' * 32
masks = {
    'an empty NAR': ([low], b''),
    'nothing to mask': ([low], b'no hash is in here, only ' + high.encode()),
    'one hash': ([low], b'/nix/store/' + low.encode() + b'-name'),
    'nothing but a hash': ([low], low.encode()),
    'all but the last digit of one': ([low], low.encode()[:-1]),
    'the order of first places is not that of hashes': ([low, high], b' '.join(h.encode() for h in [high, low, high, high, low])),
    'hashes without anything between': ([low, high], (low + high + low).encode()),
    'a hash that overlaps itself': ([twin], b'a' * 100),
    'the first of two that overlap': ([low, '1' + '0' * 31], (low + '0' * 31).encode()),
    'placeholders that the NAR has itself': ([low], b'e' * 40 + low.encode() + b'e' * 33),
    'a known hash that does not occur': ([low, 'y' * 32, high], b'-' + high.encode()),
    'a gap of 128': ([low], b'.' * 128 + low.encode() + b'.' * 16384 + low.encode()),
    'digits before and behind': ([low], b'0' * 50 + low.encode() + b'0123'),
    'no capital digits': (['b' * 32], b'B' * 32 + b'b' * 32),
}
masked_nars = {}
for what, (known, nar) in masks.items():
    masked, hashes, places = mask(known, nar)
    assert unmask([sorted(known)[n] for n in hashes], masked, places) == nar
    masked_nars[what] = {'known': sorted(known), 'nar': nar.hex(), 'masked': masked.hex(), 'hashes': hashes, 'places': places.hex()}
places_refused = {
    'a place in a NAR that is too small': (1, 31, '0000'),
    'a second place beyond the NAR': (1, 63, '00000000'),
    'a gap beyond the NAR': (1, 1000, 'c90700'),
    'the largest gap': (1, 1000, 'ffffffffffff7f00'),
    'a hash that is none': (1, 100, '0001'),
    'places of no hash': (0, 100, '0000'),
    'the second hash before the first': (2, 100, '00010000'),
    'the third hash before the second': (3, 200, '000000020001'),
    'a hash without a place': (2, 100, '0000'),
    'no places': (1, 100, ''),
    'a gap that ends in its middle': (1, 100, '80'),
    'a gap without a hash': (1, 100, '00'),
    'a hash that ends in its middle': (1, 100, '0080'),
    'a gap that is longer than needed': (1, 100, '800000'),
    'a hash that is longer than needed': (1, 100, '008000'),
    'a gap of 8 bytes': (1, 100, '808080808080800100'),
    'a hash of 8 bytes': (1, 100, '008080808080808001'),
    'a place without a placeholder': (1, 32, '0000', b'e' * 31 + b'f'),
    'a place beside its placeholder': (1, 64, '0100', b'e' * 32 + b'-' * 32),
}
for what, (count_, nar_size, places, *masked) in places_refused.items():
    try: unmask([low] * count_, masked[0] if masked else b'e' * nar_size, bytes.fromhex(places))
    except Refused: continue
    raise AssertionError(what)

print(json.dumps({
    'keys': [k.hex() for k in keys], 'paths': [f'/nix/store/{base32(k)}-{name_of(i)}' for i, k in enumerate(keys)],
    'tree': {'digest': root.hex(), 'paths': count, 'narBytes': size}, 'nodes': nodes,
    'chunkList': chunk_list.hex(), 'program': program,
    'masks': masked_nars,
    'refusedPlaces': {what: {'hashes': n, 'narSize': s, 'places': p, **{'masked': m.hex() for m in rest}}
                      for what, (n, s, p, *rest) in places_refused.items()},
    'root': record.hex(), 'rootDigest': sha(record).hex(),
    'refused': {kind: {what: b.hex() for what, b in group.items() if len(b) < 1 << 14} for kind, group in refused.items()},
}, indent=1))
