// What a search came to: its course, what it is compared with, and its weights.
import { $, draw, h, count, fillTable, fixed, pValue } from '/app.js';

// Draws the best loss over evaluations, as steps; sizes are pixels of the page.
export function showCourse(course, evaluations) {
  $('job-course').hidden = !course.length;
  if (!course.length) return;
  const width = $('job-plot').clientWidth, floor = Math.min(240, width / 1.8), left = 56, right = width - 8;
  const [last, now] = course.at(-1), losses = course.map(([, loss]) => loss);
  const low = Math.min(...losses), range = Math.max(...losses) - low || 1;
  const x = (k) => left + (right - left) * k / evaluations;
  const y = (loss) => floor - (floor - 12) * (loss - low) / range;
  const line = (kind, d) => draw('path', { class: kind, d });
  const mark = (text, x, y, anchor) => draw('text', { class: 'mark', x, y, 'text-anchor': anchor }, text);
  const level = (loss) => [line('grid', `M${left} ${y(loss)}H${right}`), mark(fixed(loss, 3), 50, y(loss) + 4, 'end')];
  const words = `Best loss ${fixed(losses[0])} at first, ${fixed(now)} after ${count(last, 'evaluation')}`;
  const steps = course.map(([k, loss], i) => i ? `H${x(k)}V${y(loss)}` : `M${x(k)} ${y(loss)}`).join('');
  const frame = { width, height: floor + 30, role: 'img', 'aria-label': words };
  $('job-plot').replaceChildren(draw('svg', frame, ...[low, low + range / 2, low + range].flatMap(level),
    line('course', steps), draw('circle', { class: 'plus', cx: x(last), cy: y(now), r: 4 }),
    mark('0', left, floor + 18, 'start'), mark(evaluations, right, floor + 18, 'end')));
}

export function showCompared({ compared, answer, loss, zero_loss }) {
  const share = (hits) => hits ? `${fixed(hits.accuracy, 1)}\xa0%\xa0of\xa0${hits.rows} ` +
    `[${fixed(hits.low, 0)},\xa0${fixed(hits.high, 0)}]` : '–';
  const named = (name) => name === answer ? h('strong', {}, `${name} (the answer)`) : name;
  fillTable('compared', compared.map(({ name, loss, examples, test, p }) =>
    [named(name), fixed(loss), share(examples), share(test), name === answer ? '–' : pValue(p)]));
  $('result-answer').textContent = `The answer, ${answer}, has the loss ${fixed(loss)}; the base has ${fixed(zero_loss)}.`;
}
export function bar(weight, low, high) {
  const x = (value) => 100 * (value - low) / (high - low), kind = weight < 0 ? 'minus' : 'plus';
  return draw('svg', { class: 'bar', viewBox: '0 0 100 10', preserveAspectRatio: 'none', 'aria-hidden': 'true' },
    draw('rect', { class: kind, x: x(Math.min(0, weight)), y: 1, width: x(Math.abs(weight)) - x(0), height: 8 }),
    draw('path', { class: 'axis', d: `M${x(0)} 0V10` }));
}
export function showWeights({ modules, weights, single_loss }) {
  const low = Math.min(0, ...weights), high = Math.max(1e-9, ...weights);
  const order = weights.map((_, i) => i).sort((a, b) => Math.abs(weights[b]) - Math.abs(weights[a]));
  const rows = order.map((i) => [modules[i], fixed(weights[i]), bar(weights[i], low, high), fixed(single_loss?.[i])]);
  fillTable('weights', rows.slice(0, 20));
  fillTable('weights-rest', rows.slice(20));
  $('result-rest').hidden = rows.length <= 20;
}
