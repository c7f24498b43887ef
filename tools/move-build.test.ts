/**
 * What the Move test runner cannot say of the framework, because its VM has no curve arithmetic: `bls12381` on our
 * own ledger. Expectations are laws of groups and of pairings.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { CompiledPackage } from '@squid/contracts/compiled-package'
import { framework } from '@squid/contracts/framework'
import { Ledger } from '@squid/sui/ledger'
import { compilePackage, generateContracts } from './move-build.ts'

const SOURCE = `module curves::curves;

use sui::bls12381::{Self as c, Scalar, G1, G2};
use sui::group_ops::{Element, equal};

fun n(x: u64): Element<Scalar> { c::scalar_from_u64(x) }

public fun scalars() {
    let (one, two, three, six) = (c::scalar_one(), n(2), n(3), n(6));
    assert!(n(1) == one && n(0) == c::scalar_zero());
    assert!(equal(&c::scalar_mul(&two, &three), &six) && !equal(&one, &two));
    assert!(c::scalar_div(&two, &six) == three && c::scalar_add(&one, &two) == three);
    assert!(c::scalar_sub(&three, &two) == one);
    assert!(c::scalar_add(&two, &c::scalar_neg(&two)) == c::scalar_zero());
    assert!(c::scalar_mul(&two, &c::scalar_inv(&two)) == one);
    assert!(c::scalar_from_bytes(one.bytes()) == one);
}

public fun first_group() {
    let g: Element<G1> = c::g1_generator();
    let double = c::g1_add(&g, &g);
    assert!(c::g1_mul(&n(2), &g) == double && c::g1_div(&n(2), &double) == g);
    assert!(c::g1_sub(&double, &g) == g && c::g1_from_bytes(g.bytes()) == g);
    assert!(c::g1_add(&g, &c::g1_neg(&g)) == c::g1_identity());
    assert!(c::g1_multi_scalar_multiplication(&vector[n(2), n(3)], &vector[g, g]) == c::g1_mul(&n(5), &g));
    let wide = c::g1_to_uncompressed_g1(&g);
    assert!(wide.bytes().length() == 96 && c::uncompressed_g1_to_g1(&wide) == g);
    assert!(c::uncompressed_g1_to_g1(&c::uncompressed_g1_sum(&vector[wide, wide])) == double);
    assert!(c::hash_to_g1(&b"a") != c::hash_to_g1(&b"b"));
}

public fun second_group() {
    let g: Element<G2> = c::g2_generator();
    let double = c::g2_add(&g, &g);
    assert!(c::g2_mul(&n(2), &g) == double && c::g2_div(&n(2), &double) == g);
    assert!(c::g2_sub(&double, &g) == g && c::g2_from_bytes(g.bytes()) == g);
    assert!(c::g2_add(&g, &c::g2_neg(&g)) == c::g2_identity());
    assert!(c::g2_multi_scalar_multiplication(&vector[n(2), n(3)], &vector[g, g]) == c::g2_mul(&n(5), &g));
    assert!(c::hash_to_g2(&b"a") != c::hash_to_g2(&b"b"));
}

/// With the secret key one, the public key is the generator and the signature the message's hash.
public fun signatures() {
    let mut message = b"hello";
    let (key, signature) = (c::g1_generator(), c::hash_to_g2(&message));
    let (other_key, other_signature) = (c::g2_generator(), c::hash_to_g1(&message));
    assert!(c::bls12381_min_pk_verify(signature.bytes(), key.bytes(), &message));
    assert!(c::bls12381_min_sig_verify(other_signature.bytes(), other_key.bytes(), &message));
    message.push_back(0);
    assert!(!c::bls12381_min_pk_verify(signature.bytes(), key.bytes(), &message));
    assert!(!c::bls12381_min_sig_verify(other_signature.bytes(), other_key.bytes(), &message));
}

public fun no_scalar() { c::scalar_from_bytes(&x"00"); }

public fun no_point() {
    let mut bytes = *c::g1_generator().bytes();
    *&mut bytes[47] = bytes[47] ^ 1;
    c::g1_from_bytes(&bytes);
}

public fun inverse_of_zero() { c::scalar_inv(&c::scalar_zero()); }
`

const ID = `0x${'5a'.padStart(64, '0')}`

function genesisForm({ id, modules, dependencies }: CompiledPackage): {
  id: string
  modules: Uint8Array[]
  dependencies: readonly string[]
} {
  return { id, modules: modules.map(({ bytecode }) => Buffer.from(bytecode, 'base64')), dependencies }
}

test('the framework computes on BLS12-381', async t => {
  const curves = await compilePackage({
    'Move.toml': '[package]\nname = "curves"\nedition = "2024"\n\n[addresses]\ncurves = "0x5a"\n',
    'sources/curves.move': SOURCE,
  })
  const ledger = Ledger.open({ path: ':memory:', now: () => 0n })
  t.after(() => ledger.close())
  ledger.installGenesis({ packages: [...framework, curves].map(genesisForm) })
  const call = (name: string): void => {
    const MoveCall = { package: ID, module: 'curves', function: name, typeArguments: [], arguments: [] }
    ledger.executeSystem({ inputs: [], commands: [{ MoveCall }] }, '0x0')
  }
  for (const name of ['scalars', 'first_group', 'second_group', 'signatures']) {
    await t.test(name, () => call(name))
  }
  // 1 is group_ops::EInvalidInput.
  for (const name of ['no_scalar', 'no_point', 'inverse_of_zero']) {
    await t.test(`${name} aborts`, () =>
      assert.throws(() => call(name), /abort.*\b1\b.*group_ops|group_ops.*abort.*\b1\b/i),
    )
  }
})

test('what is generated says where it comes from', async () => {
  const files = await generateContracts(['suins'])
  assert.deepEqual([...files.keys()], ['contracts/gen/suins.ts'])
  assert.match(
    files.get('contracts/gen/suins.ts') ?? '',
    /^\/\*\* Compiled from contracts\/suins; written by `npm run gen`/,
  )
})
