// The unmodified openai client for JavaScript against a real server.
// Run by tests/integration/test_openai_javascript.py, which sets VERAX_TEST_URL and VERAX_TEST_KEY.

import assert from 'node:assert/strict'
import { test } from 'node:test'

import OpenAI from 'openai'
import { zodResponseFormat, zodTextFormat } from 'openai/helpers/zod'
import { z } from 'zod'

const HAMLET = 'Hamlet was written by William Shakespeare.'
const model = 'assistant'
const client = new OpenAI({
  baseURL: `${process.env.VERAX_TEST_URL}/v1`,
  apiKey: process.env.VERAX_TEST_KEY,
  maxRetries: 0,
  timeout: 30_000,
})
const user = (content) => [{ role: 'user', content }]
const Person = z.object({ name: z.string(), age: z.number() })
const parameters = { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] }

test('channels are listed', async () => {
  const names = []
  for await (const channel of client.models.list()) names.push(channel.id)
  assert.deepEqual(names, ['assistant', 'frozen', 'junior/2-4', 'junior/5-7', 'junior/8-12', 'native'])
})

test('a reply names its release and its receipt', async () => {
  const reply = await client.chat.completions.create({ model, messages: user('Who wrote Hamlet?') })
  assert.equal(reply.choices[0].message.content, HAMLET)
  assert.equal(reply.verax.release.length, 64)
  assert.equal(reply._request_id, reply.verax.id)
  const receipt = await fetch(reply.verax.receipt)
  assert.ok([200, 202].includes(receipt.status))
})

test('a stream gives the same text, usage and the verax object', async () => {
  const stream = await client.chat.completions.create({
    model,
    messages: user('Who wrote Hamlet?'),
    stream: true,
    stream_options: { include_usage: true },
  })
  let text = ''
  let last
  for await (const chunk of stream) {
    text += chunk.choices[0]?.delta?.content ?? ''
    last = chunk
  }
  assert.equal(text, HAMLET)
  assert.equal(last.usage.completion_tokens, 6)
  assert.equal(last.verax.status, 'complete')
})

test('the streaming helper assembles the reply', async () => {
  const stream = client.chat.completions.stream({ model, messages: user('Who wrote Hamlet?') })
  assert.equal(await stream.finalContent(), HAMLET)
})

test('output is parsed into a model', async () => {
  const reply = await client.chat.completions.parse({
    model,
    messages: user('answer in JSON'),
    response_format: zodResponseFormat(Person, 'person'),
  })
  assert.deepEqual(reply.choices[0].message.parsed, { name: 'Ann', age: 7 })
})

test('the tool runner calls a function and reads its answer', async () => {
  const cities = []
  const tools = [{ type: 'function', function: { name: 'weather', description: 'Weather', parameters } }]
  const first = await client.chat.completions.create({ model, messages: user('call the tool'), tools })
  const [call] = first.choices[0].message.tool_calls
  cities.push(JSON.parse(call.function.arguments).city)
  assert.deepEqual(cities, ['Oslo'])
  const messages = [
    ...user('call the tool'),
    first.choices[0].message,
    { role: 'tool', tool_call_id: call.id, content: 'Sunny.' },
    ...user('Hamlet'),
  ]
  const second = await client.chat.completions.create({ model, messages })
  assert.equal(second.choices[0].message.content, HAMLET)
})

test('embeddings are decoded from base64', async () => {
  const reply = await client.embeddings.create({ model, input: ['one', 'two'] })
  assert.equal(reply.data[1].embedding.length, 8)
  const floats = await client.embeddings.create({ model, input: 'two', encoding_format: 'float' })
  reply.data[1].embedding.forEach((value, i) => assert.ok(Math.abs(value - floats.data[0].embedding[i]) < 1e-6))
})

test('a response is created, continued, retrieved and deleted', async () => {
  const first = await client.responses.create({ model, input: 'Hamlet' })
  assert.equal(first.output_text, HAMLET)
  const second = await client.responses.create({ model, input: 'And then?', previous_response_id: first.id })
  assert.equal((await client.responses.retrieve(second.id)).previous_response_id, first.id)
  await client.responses.delete(second.id)
  await assert.rejects(client.responses.retrieve(second.id), OpenAI.NotFoundError)
})

test('a response is streamed', async () => {
  const stream = client.responses.stream({ model, input: 'Hamlet' })
  const kinds = []
  for await (const event of stream) kinds.push(event.type)
  assert.equal(kinds[0], 'response.created')
  assert.equal(kinds.at(-1), 'response.completed')
  assert.equal((await stream.finalResponse()).output_text, HAMLET)
})

test('a response is parsed into a model', async () => {
  const text = { format: zodTextFormat(Person, 'person') }
  const reply = await client.responses.parse({ model, input: 'answer in JSON', text })
  assert.deepEqual(reply.output_parsed, { name: 'Ann', age: 7 })
})

test("errors become the client's own classes and name the parameter", async () => {
  await assert.rejects(
    client.chat.completions.create({ model, messages: user('x'), top_k: 5 }),
    (error) => error instanceof OpenAI.BadRequestError && error.param === 'top_k',
  )
  await assert.rejects(
    client.chat.completions.create({ model: 'gpt-4o', messages: user('x') }),
    (error) => error instanceof OpenAI.NotFoundError && error.message.includes('assistant'),
  )
  const stranger = new OpenAI({ baseURL: client.baseURL, apiKey: 'vx-wrong', maxRetries: 0 })
  await assert.rejects(stranger.models.retrieve(model), OpenAI.AuthenticationError)
})

test('leaving a stream is no error', async () => {
  const stream = await client.chat.completions.create({ model, messages: user('slowly'), stream: true })
  for await (const chunk of stream) {
    if (chunk.choices[0].delta.content) break
  }
  assert.ok(stream.controller.signal.aborted)
})
