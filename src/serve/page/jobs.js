// What a job would take, and the try-out of a finished one: answers of the base and of its adapter.
import { $, announceOnce, asSentence, ask, duration, fillTable, onClick } from '/app.js';

const post = async (path, body) => (await ask(path, { method: 'POST',
  headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body) })).json();

export async function showEstimate(input, note) {
  const { expected_seconds, starts_in_seconds, waiting, warnings } = await post('/api/estimate', { input });
  const takes = expected_seconds == null ? 'How long it takes is not known' : `It takes about ${duration(expected_seconds)}`;
  const begins = starts_in_seconds > 1 ? `begins in about ${duration(starts_in_seconds)} (${waiting} wait)` : 'begins at once';
  note.textContent = [`${takes} and ${begins}.`, ...warnings.map(asSentence)].join(' ');
}

async function answersOf(input) {
  const done = await post('/predictions', { input });
  if (done.status !== 'succeeded') throw new Error(done.error ?? 'The answers were called off.');
  return done.output.answers;
}
async function tryOut(id) {
  const prompt = $('tryout-prompt').value;
  if (!prompt.trim()) throw new Error('There is no prompt, write one.');
  $('tryout-go').disabled = true;
  $('tryout-note').textContent = 'Both answer between two generations of what is searched…';
  try {  // both at once, so that they wait for one generation
    const both = [{ prompts: [prompt], job: id, max_tokens: 128 }, { prompts: [prompt], model: $('tryout').dataset.model, max_tokens: 128 }];
    const [[adapted], [base]] = await Promise.all(both.map(answersOf));
    fillTable('tryout-answers', [['Base', base], ['Adapted', adapted]]);
    $('tryout-answers').hidden = false;
    announceOnce(`Adapted: ${adapted}`);
  } finally {
    $('tryout-note').textContent = '';
    $('tryout-go').disabled = false;
  }
}
export function openTryOut(id) {
  $('tryout-answers').hidden = true;
  $('tryout-note').textContent = '';
  onClick($('tryout-go'), () => tryOut(id));
}
