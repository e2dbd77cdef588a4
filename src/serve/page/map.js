// The map of a library: how alike its modules are, as a picture and as a table.
import { $, attempt, count, draw, fillTable, fixed, get, h, options } from '/app.js';

const kLevels = 10;  // of a colour
const kLeastRow = 11, kNames = 140;  // pixels: the height of a row with its name, the room of the names
const kHint = 'Point at the map to read two names and their cosine.';
let asked = 0, shown;

// One path for all cells of a colour: a map of 200 modules has 40,000 cells.
function cells(similarity) {
  const paths = new Map();
  similarity.forEach((row, y) => row.forEach((cosine, x) => {
    const level = Math.round(Math.abs(cosine) * kLevels) * Math.sign(cosine);
    if (level) paths.set(level, `${paths.get(level) ?? ''}M${x} ${y}h1v1h-1z`);
  }));
  return [...paths].map(([level, d]) =>
    draw('path', { class: level < 0 ? 'minus' : 'plus', 'fill-opacity': Math.abs(level) / kLevels, d }));
}

function drawMap({ modules, similarity }) {
  const n = modules.length, width = $('map-plot').clientWidth, side = Math.min(width, 640);
  const names = width >= side + kNames && side >= kLeastRow * n ? modules : [];
  const label = (name, y) => draw('text', { class: 'mark', x: side + 6, y: side * (y + 0.5) / n + 4 }, name);
  const grid = draw('svg', { width: side, height: side, viewBox: `0 0 ${n} ${n}`, 'shape-rendering': 'crispEdges' },
    draw('rect', { class: 'ground', width: n, height: n }), ...cells(similarity));
  const words = `Map of ${count(n, 'module')}, in the order of the table: the more alike two are, the stronger the colour`;
  const frame = { width: names.length ? width : side, height: side, role: 'img', 'aria-label': words };
  $('map-plot').replaceChildren(draw('svg', frame, grid, ...names.map(label)));
  const place = (at, start) => Math.max(0, Math.min(n - 1, Math.floor((at - start) * n / side)));
  grid.onpointermove = ({ clientX, clientY }) => {
    const { left, top } = grid.getBoundingClientRect(), [x, y] = [place(clientX, left), place(clientY, top)];
    $('map-cell').textContent = `${modules[y]} and ${modules[x]}: ${fixed(similarity[y][x])}`;
  };
}

// Of each module the one that is most alike, or most opposite.
function nearest(similarity, i) {
  const others = similarity.map((_, j) => j).filter((j) => j !== i);
  return others.reduce((best, j) => Math.abs(similarity[i][j]) > Math.abs(similarity[i][best]) ? j : best, others[0]);
}
function showTable({ modules, similarity }) {
  const card = (name) => Object.assign(h('a', { href: `#/library/${encodeURIComponent(name)}` }, name),
    { onclick: () => { $('shelf-name').value = $('map-library').value; } });
  fillTable('map-table', modules.map((name, i) => {
    const j = nearest(similarity, i);
    return [card(name), modules[j] ?? '–', fixed(similarity[i][j])];
  }));
}

export async function showMap() {
  const mine = ++asked, query = new URLSearchParams({ model: $('map-model').value, search: $('map-search').value });
  $('map-note').textContent = 'The modules are compared…';
  const found = await get(`/api/libraries/${encodeURIComponent($('map-library').value)}/similarity?${query}`);
  if (mine !== asked) return;  // the user has asked anew meanwhile
  shown = found;
  const { modules, left_out, total } = found;
  const left = left_out.length ? ` ${count(left_out.length, 'module')} left out, since they do not fit the model.` : '';
  const first = total > modules.length + left_out.length ? `, the first ${modules.length + left_out.length} are compared` : '';
  $('map-note').textContent = `${count(total, 'module')} found${first}.${left}`;
  $('map-result').hidden = !modules.length;
  if (!modules.length) return;
  $('map-cell').textContent = kHint;
  drawMap(found);
  showTable(found);
}

export function openMap({ models, libraries }) {
  if (!$('map-library').options.length) {
    options($('map-model'), models);
    options($('map-library'), libraries.map(({ name }) => name));
    $('map-library').value = $('shelf-name').value;
    for (const id of ['map-model', 'map-library']) $(id).onchange = () => attempt(showMap);
    addEventListener('resize', () => { if (shown?.modules.length && !$('map').hidden) drawMap(shown); });
  }
  return showMap();
}
