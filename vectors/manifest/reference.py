"""Manifest nodes once more, straight from their written specification and from nothing else.

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
def some(b): return b'\x01' + b
none = b'\x00'
def path(hash, name): return hash + string(name)

# Nix base-32: digit n of the text, counted from its end, is bits 5n..5n+4 of the bytes as a little-endian number
def base32(b):
    n = int.from_bytes(b, 'little')
    return ''.join('0123456789abcdfghijklmnpqrsvwxyz'[n >> 5 * i & 31] for i in reversed(range(32)))

keys = [bytes([i * 7 % 256]) + sha(bytes([i]))[:19] for i in range(40)]
keys.sort()
def entry(key, i):
    name = f'path-{i}'
    nar_hash = sha(b'nar' + bytes([i]))
    references = sorted([(base32(key), key, name), (base32(keys[0]), keys[0], 'path-0')] if i else [])
    deriver = some(path(keys[1], 'x.drv')) if i % 2 else none
    ca = some(string('text:sha256:' + '0' * 52)) if i % 3 == 2 else none
    signatures = [string('key-1:' + 'A' * 86 + '==')] if i % 2 else []
    chunks = uleb(0) + vector([sha(bytes([i, c])) for c in range(i % 4)])
    return (path(key, name) + nar_hash + struct.pack('<Q', 1000 + i) + vector([path(k, n) for _, k, n in references])
            + deriver + ca + vector(signatures) + chunks)

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

print(json.dumps({
    'keys': [k.hex() for k in keys], 'paths': [f'/nix/store/{base32(k)}-path-{i}' for i, k in enumerate(keys)],
    'tree': {'digest': root.hex(), 'paths': count, 'narBytes': size}, 'nodes': nodes,
    'chunkList': chunk_list.hex(), 'program': program,
    'root': record.hex(), 'rootDigest': sha(record).hex(),
}, indent=1))
