// A probe: each module of a library alone on examples of the user's.
import { $, Editor, announceOnce, ask, count, duration, fillTable, fixed, h, isOpen, onClick, options, prepare, start, state,
  stateAndWarnings, watch } from '/app.js';
import { bar } from '/result.js';

const kShown = 20, kMost = 200, kBest = 20;  // modules: in the first table, in both, for an adaptation
let examples, filled;  // filled: the id of the probe whose examples are in the form

function fill({ model, library, examples: rows }) {
  [$('probe-model').value, $('probe-library').value] = [model, library];
  examples.fill(rows);
}
function setUp({ models, libraries, samples }) {
  examples = new Editor($('probe-examples'), 'Example');
  options($('probe-model'), models);
  options($('probe-library'), libraries.map(({ name }) => name));
  options($('probe-sample-name'), samples.map(({ name }) => name));
  $('probe-sample').hidden = !samples.length;
  onClick($('probe-sample-load'), () => fill(samples[$('probe-sample-name').selectedIndex]));
}

export function probed() {
  const rows = examples.values();
  if (!rows.length) throw new Error('There is no example, write one or load a sample.');
  return { model: $('probe-model').value, library: $('probe-library').value, probe: 'all', examples: rows };
}
export async function probe() {
  filled = await start(probed(), $('probe-go'));
  location.hash = `#/probe/${filled}`;
}

function showProgress({ evaluation, of, best_loss, eta_seconds }) {
  const left = eta_seconds == null ? '' : `, about ${duration(eta_seconds)} left`;
  $('probe-count').textContent = `${evaluation} of ${count(of, 'module')}, least loss ${fixed(best_loss)}${left}`;
  Object.assign($('probe-bar'), { max: of || 1, value: evaluation });
  announceOnce(`${Math.floor(4 * evaluation / (of || 1)) * 25} percent of the modules`);
}

function showResult({ input, output: { base, modules, left_out }, command }) {
  const order = modules.toSorted((x, y) => x.loss - y.loss);
  const gains = modules.map(({ loss }) => base.loss - loss), low = Math.min(0, ...gains), high = Math.max(1e-9, ...gains);
  const card = (name) => Object.assign(h('a', { href: `#/library/${encodeURIComponent(name)}` }, name),
    { onclick: () => { $('shelf-name').value = input.library; } });
  const row = ({ name, loss, accuracy }) => [card(name), fixed(loss), fixed(base.loss - loss),
    bar(base.loss - loss, low, high), `${fixed(accuracy, 0)}\xa0%`];
  fillTable('probed', order.slice(0, kShown).map(row));
  fillTable('probed-rest', order.slice(kShown, kMost).map(row));
  $('probe-rest').hidden = order.length <= kShown;
  const helpful = gains.filter((gain) => gain > 0).length, most = order.length > kMost ? ` The first ${kMost} are shown.` : '';
  $('probe-answer').textContent = `The base alone has the loss ${fixed(base.loss)}; ${helpful} of ` +
    `${count(order.length, 'module')} have less.${most}`;
  const best = order.slice(0, kBest).map(({ name }) => name);
  onClick($('probe-adapt'), () => prepare(input, best)).textContent = `Adapt with the best ${best.length}`;
  $('probe-left').hidden = !left_out.length;
  $('probe-left-list').replaceChildren(...left_out.slice(0, kMost).map((sentence) => h('li', {}, sentence)));
  $('probe-command').textContent = command;
}

function showProbe(p) {
  if (filled !== p.id) fill(p.input);
  filled = p.id;
  $('probe-job').hidden = false;
  $('probe-state').textContent = stateAndWarnings(p);
  $('probe-cancel').parentElement.hidden = !isOpen(p);
  $('probe-progress').hidden = !isOpen(p) || !p.progress;
  $('probe-result').hidden = !p.output;
  if (isOpen(p) && p.progress) showProgress(p.progress);
  if (isOpen(p)) return true;
  announceOnce(state(p));
  if (p.output) showResult(p);
  return false;
}

export function openProbe(id, service) {
  if (!examples) setUp(service);
  for (const name of ['job', 'result']) $(`probe-${name}`).hidden = true;
  if (!id) return;
  onClick($('probe-cancel'), () => ask(`/predictions/${id}/cancel`, { method: 'POST' }));
  watch(`/predictions/${id}`, 500, showProbe);
}
