// A library: its modules and their cards, and where it is open, uploads on their way in, and results on theirs.
import { $, ask, attempt, button, count, fillTable, find, fixed, get, h, onClick } from '/app.js';

const kMost = 200;  // modules in the table: the others are found by searching
const kFiles = ['adapter_config.json', 'adapter_model.safetensors', 'adapter_model.bin', 'README.md', 'training.json'];
const kStates = { empty: '… no files yet', incomplete: '… incomplete', checking: '▸ checking', quarantined: '✗ quarantined' };
const json = { 'Content-Type': 'application/json' };
const owner = () => $('shelf-name').options.length === 1 ? 'lorahub' : $('shelf-name').value;
const repository = (name) => `/api/models/${encodeURIComponent(owner())}/${encodeURIComponent(name)}`;

// The table, what is on its way, and the card of the module of that name, if any.
export async function showLibrary(name) {
  const found = await find('shelf-name', 'shelf-search', kMost);
  if (!found) return;
  const link = (name) => Object.assign(button(name, () => showCard(name)), { className: 'link' });
  fillTable('shelf', found.modules.map(({ name, task, rank, base, license, verdict, self_tests, bytes }) =>
    [link(name), ...[task, rank, base, license].map((x) => `${x || '–'}`),
      verdict || (self_tests ? `${count(self_tests, 'self-test')}, not run here` : '–'), `${fixed(bytes / 1e6, 2)} MB`]));
  $('shelf-note').textContent = `${count(found.total, 'module')} found, up to ${kMost} are shown.`;
  $('upload').hidden = $('coming').hidden = !found.open;
  $('coming').hidden ||= !found.coming.length;
  fillTable('coming-list', found.coming.map(({ name, state, reason }) =>
    [name, kStates[state], reason || '–', button(`Delete ${name}`, () => remove(name))]));
  if (name) await showCard(name);
}

async function showCard(name) {
  $('card').hidden = true;  // until it is this one's, with its button to delete
  const id = `${owner()}/${name}`, path = `/${id.split('/').map(encodeURIComponent).join('/')}/resolve/main`;
  const config = await get(`${path}/adapter_config.json`);
  const auto = config.task_type === 'CAUSAL_LM' ? 'AutoModelForCausalLM' : 'AutoModelForSeq2SeqLM';
  const base = JSON.stringify(config.base_model_name_or_path);
  $('card').hidden = false;
  $('card-title').textContent = name;
  $('card-text').textContent = await (await ask(`${path}/README.md`)).text();
  $('card-python').textContent = `# HF_ENDPOINT=${location.origin} HF_TOKEN=the token\n` +
    `from peft import PeftModel\nfrom transformers import ${auto}\n\n` +
    `model = PeftModel.from_pretrained(${auto}.from_pretrained(${base}), ${JSON.stringify(id)})\n`;
  onClick($('card-delete'), () => remove(name)).hidden = $('upload').hidden;
  $('card-title').focus();
}

async function remove(name) {
  if (!confirm(`Delete the module ${name} for everyone?`)) return;
  const body = JSON.stringify({ name, organization: owner() });
  await ask('/api/repos/delete', { method: 'DELETE', headers: json, body });
  $('card').hidden = true;
  await showLibrary();
  $('shelf-search').focus();
}

// ---- Upload: the files of a folder in one commit, as huggingface_hub sends it ----
async function base64(file) {
  const reader = new FileReader();
  await new Promise((done, failed) => Object.assign(reader, { onload: done, onerror: failed }).readAsDataURL(file));
  return reader.result.slice(reader.result.indexOf(',') + 1);
}
const post = (path, body) => ask(path, { method: 'POST', headers: json, body: JSON.stringify(body) });

async function send(name, files) {
  await post('/api/repos/create', { name, organization: owner() })
    .catch((error) => { if (error.status !== 409) throw error; });  // a module is replaced
  const sizes = files.map((file) => ({ path: file.name, sample: '', size: file.size }));
  await post(`${repository(name)}/preupload/main`, { files: sizes });
  const lines = [JSON.stringify({ key: 'header', value: { summary: 'Upload', description: '' } })];
  for (const file of files)
    lines.push(JSON.stringify({ key: 'file', value: { path: file.name, encoding: 'base64', content: await base64(file) } }));
  await ask(`${repository(name)}/commit/main`,
    { method: 'POST', headers: { 'Content-Type': 'application/x-ndjson' }, body: new Blob(lines.map((line) => `${line}\n`)) });
}

export async function upload() {
  const chosen = [...$('upload-files').files], name = $('upload-name').value.trim();
  const top = chosen.filter(({ webkitRelativePath: path }) => path.split('/').length <= 2);
  const files = top.filter((file) => kFiles.includes(file.name));
  const left = chosen.filter((file) => !files.includes(file)).map((file) => file.name);
  if (!name) throw new Error('The module has no name, write one.');
  if (!files.length) throw new Error(`There is no adapter among the ${count(chosen.length, 'file')}, choose a folder with ${kFiles[0]}.`);
  $('upload-go').disabled = true;
  $('upload-note').textContent = `${count(files.length, 'file')} of ${name} are sent and checked …`;
  try {
    await send(name, files);
    $('upload-note').textContent = `${name} was checked and is listed.` + (left.length ? ` Left out: ${left.join(', ')}.` : '');
    $('upload-form').reset();
  } catch (error) {
    $('upload-note').textContent = '';
    throw error;
  } finally {
    $('upload-go').disabled = false;
    await showLibrary();
  }
}

// ---- Publish: a result on its way into an open library ----
export function openPublish(id, libraries) {
  const open = libraries.filter((library) => library.open).map((library) => library.name);
  $('publish').hidden = !open.length;
  $('publish-form').reset();
  $('publish-note').textContent = '';
  $('publish-library').replaceChildren(...open.map((name) => h('option', {}, name)));
  $('publish-library').parentElement.hidden = open.length < 2;
  $('publish-form').onsubmit = (event) => { event.preventDefault(); attempt(() => publish(id)); };
}
async function publish(id) {
  const text = (field) => $(`publish-${field}`).value.trim();
  const name = text('name');
  if (!name) throw new Error('The module has no name, write one.');
  await post(`/predictions/${id}/publish`, { name, library: text('library'), task: text('task'),
    license: text('license'), self_test: $('publish-example').checked });
  $('publish-note').replaceChildren(`${name} is in the `, h('a', { href: '#/library' }, 'library'), '.');
}
