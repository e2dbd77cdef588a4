// The studies of the results folders: how far they are, their trials and reports.
import { $, attempt, button, count, download, duration, fillTable, fixed, get, h, onClick, watch } from '/app.js';

const place = (name) => `/api/studies/${encodeURIComponent(name)}`;
const percent = (share) => share == null ? '–' : `${fixed(share, 1)}\xa0%`;

function report(name, other) {
  const query = other ? `?${new URLSearchParams({ with: other })}` : '';
  return download(`/studies/${encodeURIComponent(name)}/report${query}`, `${name}.html`);
}
export function showStudies({ studies }) {
  fillTable('studies-list', studies.map(({ name, done, planned, running, failed, seconds_left, best, problem }) => [
    h('a', { href: `#/s/${encodeURIComponent(name)}` }, name),
    done == null ? '–' : `${done} of ${planned}`, running ?? '–', failed ?? '–',
    seconds_left > 0 ? duration(seconds_left) : '–', percent(best?.accuracy), problem ?? '']));
  $('studies-note').textContent = studies.length ? '' : 'There are none: `lorahub serve --results DIR` shows those of a folder.';
  return true;
}

async function showTrial(name, id) {
  const { label, accuracy, loss, zero_loss, modules, weights, answers } = await get(`${place(name)}/trials/${encodeURIComponent(id)}`);
  $('trial').hidden = false;
  $('trial-title').textContent = `Trial ${id}: ${label}`;
  $('trial-note').textContent = `Accuracy ${percent(accuracy)}, loss ${fixed(loss)}, of the base ${fixed(zero_loss)}.`;
  fillTable('trial-weights', weights.map((weight, i) => [modules[i], fixed(weight)]));
  fillTable('trial-answers', answers.map(({ row, target, answer, hit }) => [`${row}`, target, answer, hit ? '✓' : '✗']));
  $('trial-title').focus();
}
async function showStudy(name, { planned, done, running, failed, seconds_left, damaged_lines }) {
  const left = seconds_left > 0 ? `, about ${duration(seconds_left)} left` : '';
  const damaged = damaged_lines.length ? ` ${count(damaged_lines.length, 'line')} of the journal damaged.` : '';
  $('study-state').textContent = `${done} of ${planned} trials done, ${running} running, ${failed} failed${left}.${damaged}`;
  const { trials } = await get(`${place(name)}/trials`);
  fillTable('study-trials', trials.map(({ id, label, status, accuracy, loss, seconds, error }) => [
    status === 'done' ? button(id, () => showTrial(name, id)) : id, label ?? '–', status + (error ? `: ${error}` : ''),
    percent(accuracy), fixed(loss), seconds == null ? '–' : duration(seconds)]));
  return done + failed < planned;
}
export async function openStudy(id) {
  const name = decodeURIComponent(id);
  for (const part of ['trial', 'study-compare-line']) $(part).hidden = true;
  $('study-title').textContent = `Study ${name}`;
  $('study-state').textContent = '';
  fillTable('study-trials', []);
  onClick($('study-report'), () => report(name));
  watch(place(name), 2000, (now) => showStudy(name, now));
  attempt(async () => {
    const others = (await get('/api/studies')).studies.filter((one) => one.done && one.name !== name);
    $('study-other').replaceChildren(...others.map((one) => h('option', {}, one.name)));
    $('study-compare-line').hidden = !others.length;
    onClick($('study-compare'), () => report(name, $('study-other').value));
  });
}
