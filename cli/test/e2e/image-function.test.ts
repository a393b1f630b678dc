// A function whose code is in a container image on AWS, on the built file: served locally by its program, as docs/layers.md has it, and
// refused with what to do where it cannot work.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { python } from '../worker/python-interpreter.ts';
import { Livectl, project, repository, runLivectl } from './livectl-process.ts';

// What an image's ENTRYPOINT starts: a program that speaks the Runtime API, with nothing of livectl.
const program = `
import json, os, urllib.request
api = "http://" + os.environ["AWS_LAMBDA_RUNTIME_API"] + "/2018-06-01/runtime/invocation/"
while True:
    with urllib.request.urlopen(api + "next") as response:
        id = response.headers["Lambda-Runtime-Aws-Request-Id"]
        event = json.load(response)
    answer = {"statusCode": 200, "body": "thumb of " + event["queryStringParameters"]["name"]}
    urllib.request.urlopen(api + id + "/response", json.dumps(answer).encode()).close()
`;

/** The livectl.json of the page. */
function documented(): { functions: { thumbs: Record<string, unknown> } } {
  const page = readFileSync(join(repository, 'docs/layers.md'), 'utf8');
  const images = page.slice(page.indexOf('\n## Images'));
  return JSON.parse(/```json\n(.+?)\n```/s.exec(images)?.[1] ?? '');
}

let root: string;
let remove: () => void;

beforeEach(() => {
  const made = project({ 'thumbs.py': program });
  ({ remove, root } = made);
});

afterEach(() => remove());

function write(changes: Record<string, unknown>): void {
  const { functions } = documented();
  const thumbs = { ...functions.thumbs, ...changes };
  writeFileSync(join(root, 'livectl.json'), JSON.stringify({ functions: { thumbs } }));
}

const args = () => ['serve', '--local', '--port', '0', '--format', 'json', '--root', root];

test('its program answers in serve --local', async () => {
  expect(documented().functions.thumbs.command).toEqual(['python3', 'thumbs.py']);
  write({ command: [python, 'thumbs.py'] });
  const livectl = new Livectl(args());
  try {
    const url = await livectl.url();
    const response = await fetch(`${url}/thumbs?name=cat`, { signal: AbortSignal.timeout(20_000) });
    expect(`${response.status} ${await response.text()}`).toBe('200 thumb of cat');
  } finally {
    await livectl.dispose();
  }
});

test.each([
  [
    'as an image',
    { package_type: 'Image' },
    'package_type: must be "Zip", not the string "Image"',
    'docs/layers.md#images',
  ],
  ['with its image', { image_uri: 'x' }, 'image_uri', 'docs/layers.md#images'],
  [
    'wrapped',
    { mode: 'wrap' },
    'runtime: is "provided.al2023", which can\'t be wrapped',
    'Write mode "replace"',
  ],
  [
    'wrapped as an image',
    { mode: 'wrap', package_type: 'Image' },
    'package_type: must be "Zip"',
    '"command"',
  ],
])('%s it is refused, with what to do', async (_, changes, mistake, remedy) => {
  write(changes);
  const { code, stdout } = await runLivectl(args());
  expect(code).toBe(2);
  const { message } = JSON.parse(stdout) as { message: string };
  expect(message).toContain(`functions.thumbs.${mistake}`);
  expect(message).toContain(remedy);
});
