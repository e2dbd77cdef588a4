// The page of `lorahub serve`. Views are sections of index.html, chosen by the address's fragment:
// #/ adapts, #/p/ID is one job, #/s/NAME one study, #/library/NAME one module, #/probe/ID a probe of a
// library, #/map its map; #/library, #/jobs and #/studies list. Data enters the page as text only.
import { openTryOut, showEstimate } from '/jobs.js';
import { openPublish, showLibrary, upload } from '/library.js';
import { openMap, showMap } from '/map.js';
import { openProbe, probe, probed } from '/probe.js';
import { showCompared, showCourse, showWeights } from '/result.js';
import { openStudy, showStudies } from '/studies.js';

const $ = (id) => document.getElementById(id);
const every = (selector) => [...document.querySelectorAll(selector)];
const maker = (space) => (tag, attributes = {}, ...children) => {
  const element = document.createElementNS(`http://www.w3.org/${space}`, tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
};
const h = maker('1999/xhtml'), draw = maker('2000/svg');
const fixed = (x, digits = 4) => x == null ? '–' : x.toFixed(digits).replace('-', '−');
const pValue = (p) => p != null && p < 0.001 ? '< 0.001' : fixed(p, 3);
const count = (n, one) => `${n.toLocaleString('en')} ${one}${n === 1 ? '' : 's'}`;
const duration = (seconds) => seconds < 90 ? `${fixed(seconds, 1)} s` : `${fixed(seconds / 60, 0)} min`;
const refuse = (sentence) => { throw new Error(sentence); };

// Fills the body of a table; what looks the same stays, and with it the focus.
function fillTable(id, rows) {
  const cell = (content, i) => i ? h('td', {}, content) : h('th', { scope: 'row' }, content);
  const body = h('tbody', {}, ...rows.map((cells) => h('tr', {}, ...cells.map(cell))));
  if (body.textContent !== $(id).tBodies[0].textContent) $(id).tBodies[0].replaceWith(body);
}
const announceOnce = (text) => { if ($('live').textContent !== text) $('live').textContent = text; };

// ---- The service ----
async function refusal(reply) {  // one sentence, or cog's list of them
  const { detail = `The service answers with the code ${reply.status}.` } = await reply.json().catch(() => ({}));
  const text = [detail].flat().map((one) => one.msg ? `${one.loc.at(-1)}: ${one.msg}` : one).join('\n');
  return Object.assign(new Error(text), { status: reply.status });
}
async function ask(path, options = {}) {
  const bearer = { Authorization: `Bearer ${sessionStorage.token ?? 'none'}` };
  const reply = await fetch(path, { ...options, headers: { ...bearer, ...options.headers } })
    .catch(() => refuse('The service does not answer, see whether it runs and can be reached.'));
  if (!reply.ok) throw await refusal(reply);
  return reply;
}
const get = async (path) => (await ask(path)).json();

function complain(error) {
  if (error.status === 401) return show('signin');
  $('alert').textContent = error.message;
  return setTimeout(() => $('alert').focus());  // a paste that is refused reaches its cell first
}
async function attempt(act) {
  $('alert').textContent = '';
  try { await act(); } catch (error) { complain(error); }
}
const onClick = (element, act) => Object.assign(element, { onclick: () => attempt(act) });
const button = (text, act) => onClick(h('button', { type: 'button' }, text), act);

// Asks and shows until `display` returns false or the view changes; pauses while nobody sees the page.
async function watch(path, pause, display) {
  for (let visit = visits, more = true; more && visit === visits;) {
    try {
      const reply = document.hidden ? null : await get(path);
      if (reply && visit === visits) more = await display(reply);
      $('connection').textContent = '';
    } catch (error) {
      if (error.status) return visit === visits && complain(error);
      $('connection').textContent = error.message;
    }
    await new Promise((done) => setTimeout(done, pause));
  }
}

// ---- Rows of text: JSON lines, or tables as of a spreadsheet ----
const kInputs = ['input', 'context', 'inputs', 'prompt', 'question'];
const kTargets = ['target', 'completion', 'targets', 'output', 'answer'];

function pick(record, place) {
  const isText = (name) => typeof record?.[name] === 'string' && record[name].trim();
  const [input, target] = [kInputs, kTargets].map((names) => names.find(isText));
  if (!input || !target) refuse(`${place} has no text as ${input ? 'target' : 'input'}, write both.`);
  const more = Object.keys(record).find((name) => ![input, target].includes(name) && isText(name));
  if (more) refuse(`${place} has text in "${more}", which would not be read, drop that column.`);
  return { input: record[input], target: record[target] };
}
const parsed = (text) => { try { return JSON.parse(text); } catch { return undefined; } };
function jsonRows(text) {
  const whole = parsed(text), lines = text.split('\n');
  if (whole) return [whole.examples ?? whole].flat().map((row, i) => pick(row, `Row ${i + 1}`));
  return lines.flatMap((line, i) => line.trim() === '' ? [] : pick(parsed(line) ??
    refuse(`Line ${i + 1} is no JSON, write a row as {"input": "…", "target": "…"}.`), `Line ${i + 1}`));
}

// The records of TSV or CSV: a field in double quotes may hold separators, line breaks and quotes.
function records(text, comma) {
  const bare = comma === ',' ? '(?!")[^,\\r\\n]*' : '[^\\t\\r\\n]*', list = [];
  const field = new RegExp(`(?:"([^"]*(?:""[^"]*)*)"|(${bare}))(${comma}|\\r?\\n|\\r|$)`, 'y');
  for (let line = 1, place = 'Line 1', fields = []; field.lastIndex < text.length || fields.length;) {
    const [all, quoted, plain, end] = field.exec(text) ??
      refuse(`Line ${line} has a quote inside a field, put the field in quotes and double the quote.`);
    fields.push(quoted?.replaceAll('""', '"') ?? plain);
    line += all.split(/\r?\n|\r/).length - 1;
    if (end === comma) continue;
    if (fields.length > 1 || fields[0]) list.push({ fields, place });
    [fields, place] = [[], `Line ${line}`];
  }
  return list;
}

// The rows of a file or of a pasted text; null where a pasted text is no table but one text.
function readRows(text, isFile) {
  if (/^\s*(\{\s*"|\[\s*\{)/.test(text)) return jsonRows(text);
  const comma = text.split('\n', 1)[0].includes('\t') ? '\t' : ',';
  if (!isFile && comma === ',' && !text.trim().includes('\n')) return null;
  const list = records(text, comma);
  if (!list.length) refuse('The file is empty, write an input and a target a line.');
  const head = list[0].fields.map((name) => name.trim().toLowerCase());
  const isNamed = [kInputs, kTargets].every((names) => head.some((name) => names.includes(name)));
  const isPair = ({ fields }) => fields.length === 2;
  if (!isFile && !isNamed && !(comma === '\t' ? list.some(isPair) : list.every(isPair))) return null;
  const names = isNamed ? head : ['input', 'target'];
  return list.slice(isNamed ? 1 : 0).map(({ fields, place }) => fields.length === names.length ?
    pick(Object.fromEntries(names.map((name, i) => [name, fields[i]])), place) :
    refuse(`${place} has ${count(fields.length, 'column')} instead of ${names.length}, quote those with separators.`));
}

// Rows that the user edits: the examples, or the test rows.
class Editor {
  constructor(root, name) {
    root.append($('rows-template').content.cloneNode(true));
    const part = (selector) => root.querySelector(selector);
    Object.assign(this, { name, list: part('.rows'), note: part('.note') });
    part('.add').onclick = () => this.add().querySelector('textarea').focus();
    part('input').onchange = ({ target }) => attempt(() => this.load(target));
    this.list.onpaste = (event) => attempt(() => this.paste(event));
    this.fill([]);
  }
  add(row = {}) {
    const element = $('row-template').content.cloneNode(true).firstElementChild;
    for (const area of element.querySelectorAll('textarea')) area.value = row[area.name] ?? '';
    element.querySelector('button').onclick = () => this.remove(element);
    this.list.append(element);
    this.number();
    return element;
  }
  number() {
    this.list.querySelectorAll('legend').forEach((legend, i) => { legend.textContent = `${this.name} ${i + 1}`; });
  }
  remove(element) {
    const next = element.nextElementSibling ?? element.previousElementSibling ?? this.add();
    element.remove();
    this.number();
    next.querySelector('textarea').focus();
  }
  fill(rows, note = '') {
    this.list.replaceChildren();
    for (const row of rows.length ? rows : [{}]) this.add(row);
    this.note.textContent = note;
  }
  async load(chooser) {
    const rows = readRows(await chooser.files[0].text().finally(() => { chooser.value = ''; }), true);
    this.fill(rows, `${count(rows.length, 'row')} taken from the file.`);
  }
  paste(event) {  // only a table that is empty takes rows
    const text = event.clipboardData.getData('text'), cell = event.target.name;
    const rows = text.trim() && !this.all().some((row) => row.input + row.target) && readRows(text, false);
    if (!rows) return;
    event.preventDefault();
    this.fill(rows, `${count(rows.length, 'row')} taken from the paste. `);
    this.note.append(button('Keep it as one text', () => this.fill([{ [cell]: text }])));
  }
  all() {
    const row = ({ elements: [input, target] }) => ({ input: input.value, target: target.value });
    return [...this.list.children].map(row);
  }
  values() {
    const isWritten = (row) => (row.input + row.target).trim();
    return this.all().flatMap((row, i) => isWritten(row) ? pick(row, `${this.name} ${i + 1}`) : []);
  }
}

// ---- Adapt ----
let service, examples, tests, searches = 0, visits = 0;  // visits: how many views were opened
const chosen = new Set(), kMost = 200;  // modules in a list: the others are found by searching
const choice = (name) => document.querySelector(`input[name=${name}]:checked`).value;
function options(select, names) {
  select.replaceChildren(...names.map((name) => h('option', {}, name)));
  select.parentElement.hidden = names.length === 1;
}
function whole(id) {
  const box = $(id), text = box.value.trim();
  if (/^\d+$/.test(text) && Number.isSafeInteger(Number(text))) return Number(text);
  return refuse(`${box.parentElement.firstChild.textContent.trim()}: is no whole number, write one.`);
}
function request() {
  const kind = choice('modules'), test = tests.values(), rows = examples.values();
  if (!rows.length) refuse('There is no example, write one or load a sample.');
  if (kind === 'chosen' && !chosen.size) refuse('No module is chosen, choose some or take all.');
  return { model: $('model').value, library: $('library-name').value, examples: rows,
    modules: kind === 'number' ? whole('modules-count') : kind === 'chosen' ? [...chosen] : 'all',
    search: choice('search'), seed: whole('seed'),
    shots: ['', 'all'].includes($('shots').value.trim()) ? 'all' : whole('shots'),
    ...test.length && { test },
    ...choice('search') !== 'gradient' && $('budget').value && { budget: whole('budget') } };
}
function fill(sample) {
  [$('model').value, $('library-name').value] = [sample.model, sample.library];
  examples.fill(sample.examples);
  tests.fill(sample.test ?? []);
}
// Asks for a job and returns its id.
async function start(input, button) {
  const headers = { 'Content-Type': 'application/json', Prefer: 'respond-async' };
  const post = { method: 'POST', headers, body: JSON.stringify({ input }) };
  button.disabled = true;
  const reply = await ask('/predictions', post).finally(() => { button.disabled = false; });
  return (await reply.json()).id;
}
const submit = async () => { location.hash = `#/p/${await start(request(), $('submit'))}`; };
// Fills the form with examples and with modules that somebody has chosen.
function prepare(input, modules) {
  fill(input);
  chosen.clear();
  for (const name of modules) chosen.add(name);
  document.querySelector('input[name=modules][value=chosen]').checked = true;
  location.hash = '#/';
  return showModules();
}

// What the search finds, or null where the user has searched anew meanwhile.
async function find(select, box, limit = kMost) {
  const search = ++searches, query = new URLSearchParams({ search: $(box).value, limit });
  const reply = await get(`/api/libraries/${encodeURIComponent($(select).value)}/modules?${query}`);
  return search === searches ? reply : null;
}
function moduleBox(name) {
  const box = h('input', { type: 'checkbox', value: name, ...chosen.has(name) && { checked: '' } });
  return h('li', {}, h('label', {}, box, name));
}
function chooseModule({ target }) {
  chosen[target.checked ? 'add' : 'delete'](target.value);
  $('modules-note').textContent = `${chosen.size} chosen.`;
}
function showBudget() { $('budget-line').hidden = choice('search') === 'gradient'; }
async function showModules() {
  for (const kind of ['number', 'chosen']) $(`modules-${kind}`).hidden = choice('modules') !== kind;
  const found = choice('modules') === 'chosen' && await find('library-name', 'modules-search');
  if (!found) return;
  const others = found.modules.map(({ name }) => name).filter((name) => !chosen.has(name));
  $('modules-list').replaceChildren(...[...chosen, ...others.slice(0, kMost)].map(moduleBox));
  $('modules-note').textContent = `${chosen.size} chosen, ${found.total} found.`;
}

// ---- One job ----
const kStates = { starting: '… waiting', processing: '▸ computing', succeeded: '✓ done',
  failed: '✗ failed', canceled: '■ canceled' };
const isOpen = (p) => ['starting', 'processing'].includes(p.status);
function state(p) {
  const begins = p.starts_in_seconds > 1 ? `, begins in about ${duration(p.starts_in_seconds)}` : '';
  const place = p.queue_position && isOpen(p) ? `, place ${p.queue_position} in the queue${begins}` : '';
  const time = p.metrics?.predict_time && !isOpen(p) ? ` after ${duration(p.metrics.predict_time)}` : '';
  return kStates[p.status] + place + time + (p.error ? `: ${p.error}` : '');
}

const asSentence = (words) => `${words[0].toUpperCase()}${words.slice(1)}.`;
const stateAndWarnings = (p) => [state(p), ...p.warnings.map(asSentence)].join('. ');

function showProgress({ evaluation, of, best_loss, eta_seconds }) {
  const left = eta_seconds == null ? '' : `, about ${duration(eta_seconds)} left`;
  $('job-count').textContent = `Evaluation ${evaluation} of ${of}, best loss with penalty ${fixed(best_loss)}${left}`;
  Object.assign(document.querySelector('progress'), { max: of, value: evaluation });
  announceOnce(`${Math.floor(4 * evaluation / of) * 25} percent of the search`);
  document.title = `${Math.floor(100 * evaluation / of)} % – lorahub`;
}

async function download(path, name) {
  const link = h('a', { href: URL.createObjectURL(await (await ask(path)).blob()), download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60000);
}
async function showResult({ id, input, output, command }) {
  openPublish(id, service.libraries);
  showCompared(output);
  showWeights(output);
  const paths = Object.entries({ 'adapter.zip': output.adapter, ...output.files });
  $('result-files').replaceChildren(...paths.map(([name, path]) => button(name, () => download(path, name))));
  const config = await get(output.files['adapter_config.json']), { origin } = location;
  const auto = config.task_type === 'CAUSAL_LM' ? 'AutoModelForCausalLM' : 'AutoModelForSeq2SeqLM';
  const values = { id, origin, command, auto, request: JSON.stringify({ input }, null, 1),
    base: JSON.stringify(config.base_model_name_or_path) };
  for (const code of every('#job pre')) {
    code.dataset.pattern ??= code.textContent;
    code.textContent = code.dataset.pattern.replace(/\{(\w+)\}/g, (_, name) => values[name]);
  }
}
async function copy(code) {
  getSelection().selectAllChildren(code);
  await navigator.clipboard?.writeText(code.textContent);
  announceOnce(navigator.clipboard ? 'Copied.' : 'Selected, copy it with the keyboard.');
}

async function showJob(p) {
  $('job-state').textContent = stateAndWarnings(p);
  $('job-about').textContent = `Model ${p.input.model}, library ${p.input.library}.`;
  $('tryout').dataset.model = p.input.model;
  $('job-running').hidden = !isOpen(p);
  $('job-progress').hidden = !p.progress;
  document.title = `${kStates[p.status].slice(2)} – lorahub`;
  if (p.status === 'processing' && p.progress) showProgress(p.progress);
  else announceOnce(state(p));
  const course = p.course.filter(([, loss]) => loss != null);
  window.onresize = () => showCourse(course, isOpen(p) && p.progress ? p.progress.of : course.at(-1)?.[0]);
  window.onresize();
  $('job-result').hidden = !p.output?.weights;
  if (p.output?.weights) await showResult(p);
  return isOpen(p);
}
function openJob(id) {
  for (const name of ['running', 'course', 'result']) $(`job-${name}`).hidden = true;
  for (const name of ['state', 'about']) $(`job-${name}`).textContent = '';
  $('job-title').textContent = `Search ${id}`;
  $('job-address').textContent = $('job-address').href = `${location.origin}/#/p/${id}`;
  onClick($('job-cancel'), () => ask(`/predictions/${id}/cancel`, { method: 'POST' }));
  openTryOut(id);
  watch(`/predictions/${id}`, 1000, showJob);
}

// ---- Jobs and the choice of the view ----
function showJobs({ results, next }) {
  Object.assign($('jobs-older'), { hidden: !next, href: `#/jobs/${next?.match(/cursor=(\d+)/)[1]}` });
  const views = { 'lorahub/adapt': 'p', 'lorahub/probe': 'probe' };  // answers have none
  fillTable('jobs-list', results.filter(({ model }) => views[model]).map((p) => [
    h('a', { href: `#/${views[p.model]}/${p.id}` }, p.model === 'lorahub/probe' ? `Probe ${p.id}` : p.id), state(p),
    new Date(p.created_at).toLocaleString(), p.input.model, p.input.library, fixed(p.output?.loss)]));
  return true;
}
const kViews = { '': 'adapt', p: 'job', s: 'study', library: 'library', probe: 'probe', map: 'map', jobs: 'jobs', studies: 'studies' };

function show(view) {
  for (const section of every('section')) section.hidden = section.id !== view;
  for (const link of every('nav a')) link.ariaCurrent = link.dataset.view === view ? 'page' : null;
  const title = $(view).querySelector('h1');
  document.title = `${title.textContent} – lorahub`;
  if (visits++) title.focus();
}
async function setUp() {
  const { models, libraries, samples, version, commit, device, ranks } = service = await get('/api/service');
  options($('model'), models);
  options($('sample-name'), samples.map(({ name }) => name));
  for (const id of ['library-name', 'shelf-name']) options($(id), libraries.map(({ name }) => name));
  $('sample').hidden = !samples.length;
  [examples, tests] = [new Editor($('examples'), 'Example'), new Editor($('tests'), 'Test row')];
  onClick($('sample-load'), () => fill(samples[$('sample-name').selectedIndex]));
  $('service').textContent = `lorahub ${version} (${commit}), ${device}, ${count(ranks, 'rank')}`;
}
async function open() {
  const [, token] = location.hash.match(/^#token=(.+)$/) ?? [];
  if (token) {  // it comes in the fragment, which no server sees, and leaves the address bar
    sessionStorage.token = decodeURIComponent(token);
    history.replaceState(null, '', '#/');
  }
  if (!service) await setUp();
  const [, page = '', id = ''] = location.hash.match(/^#\/(\w*)\/?([^/]*)$/) ?? [];
  show(kViews[page] ?? 'adapt');
  if (page === 'p') openJob(id);
  if (page === 'library') await showLibrary(decodeURIComponent(id));
  if (page === 'map') await openMap(service);
  if (page === 'probe') openProbe(id,service);
  if (page === 'jobs') watch(id ? `/predictions?cursor=${id}` : '/predictions', 2000, showJobs);
  if (page === 'studies') watch('/api/studies', 2000, showStudies);
  if (page === 's') openStudy(id);
}
const onSubmit = (id, act) => { $(id).onsubmit = (event) => { event.preventDefault(); attempt(act); }; };
onSubmit('adapt-form', submit);
onSubmit('probe-form', probe);
onSubmit('map-form', showMap);
onSubmit('upload-form', upload);
onSubmit('signin-form', () => { sessionStorage.token = $('signin-token').value.trim(); return open(); });
$('modules-list').onchange = chooseModule;
$('modules-search').oninput = () => attempt(showModules);
$('library-name').onchange = () => { chosen.clear(); attempt(showModules); };
for (const box of every('input[name=modules]')) box.onchange = () => attempt(showModules);
for (const box of every('input[name=search]')) box.onchange = showBudget;
showBudget();
for (const id of ['shelf-name', 'shelf-search']) $(id).oninput = () => attempt(() => showLibrary());
for (const code of every('pre')) onClick(code.nextElementSibling, () => copy(code));
onClick($('estimate'), () => showEstimate(request(), $('estimate-note')));
onClick($('probe-estimate'), () => showEstimate(probed(), $('probe-note')));
addEventListener('hashchange', () => attempt(open));
attempt(open);
export { $, Editor, announceOnce, asSentence, ask, attempt, button, count, download, draw, duration, fillTable, find, fixed, get, h,
  isOpen, onClick, options, pValue, prepare, start, state, stateAndWarnings, watch };
