import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Clique } from './clique.ts'

test('a clique is hot while it holds a hot potato', () => {
  const clique = new Clique()
  assert.equal(clique.isHot, false)
  clique.heat()
  clique.heat()
  clique.cool()
  assert.equal(clique.isHot, true)
  clique.cool()
  assert.equal(clique.isHot, false)
})

test('merged cliques share their heat, through every name that they had', () => {
  const [a, b, c] = [new Clique(), new Clique(), new Clique()]
  a.heat()
  const ab = Clique.merge([a, b])
  const abc = Clique.merge([c, ab])
  assert.ok([a, b, c, ab, abc].every(clique => clique.isHot))
  c.cool()
  assert.ok([a, b, c, ab, abc].every(clique => !clique.isHot))
  assert.equal(Clique.merge([a, c]).isHot, false, 'merging what is merged changes nothing')
})

test('hot for good', () => {
  const [a, b] = [new Clique(), new Clique()]
  a.heatForGood()
  Clique.merge([b, a])
  assert.equal(b.isHot, true)
})

test('nothing merges to a new, cold clique', () => {
  assert.equal(Clique.merge([]).isHot, false)
})
