// One action on everything that is selected: one request after the other, one summary at the end, and what failed stays
// selected.

import { html, useState } from "./vendor/htm-preact.js";
import { post } from "./api.js";
import { counted, number } from "./format.js";
import { CopyCommand, Dialog } from "./parts.js";

const LISTED = 8;

// Acts on each item; returns how many were done, and what was refused, by its message.
async function actOnAll(items, act, show, stopped) {
  const done = [];
  const refused = new Map();
  for (const [position, item] of items.entries()) {
    if (stopped()) break;
    show({ position, all: items.length });
    try {
      await act(item);
      done.push(item);
    } catch (error) {
      // what is the same for all of them is said once: the ids in a message are not
      const message = error.message.replaceAll(item.id, "it").replace(/https?:\S+/g, "").replace(/[:\s]+$/, "");
      refused.set(message, [...(refused.get(message) ?? []), item]);
      if (error.status === 401) break;
    }
  }
  return { done, refused };
}

export function summaryOf(action, all, { done, refused }) {
  const left = all - done.length - [...refused.values()].reduce((sum, items) => sum + items.length, 0);
  const parts = [`${action.past} ${number(done.length)} of ${number(all)}`];
  for (const [message, items] of refused) parts.push(`${number(items.length)} refused: ${message}`);
  if (left) parts.push(`${number(left)} not asked for`);
  if (refused.size || left) parts.push("what was not done stays selected");
  return parts.join(" · ");
}

// actions: { verb, past, path, applies(item), body(item, reason), reasonWanted, danger, about, command(items, reason) }
export function Bulk({ selection, items, actions, things, asked, onAsk, onDone }) {
  const [running, setRunning] = useState(null);
  const [summary, setSummary] = useState(null);
  const chosen = items.filter((item) => selection.has(item.id));
  const action = actions.find((one) => one.verb === asked);

  async function act(reason) {
    const wanted = chosen.filter(action.applies);
    const stop = { asked: false };
    const show = (progress) => setRunning({ ...progress, action, stop });
    show({ position: 0, all: wanted.length });
    setSummary(null);
    onAsk("");
    const request = (item) => post(`${action.path}/${encodeURIComponent(item.id)}/${action.verb}`, action.body?.(item, reason));
    actOnAll(wanted, request, show, () => stop.asked).then((result) => {
      setRunning(null);
      setSummary(summaryOf(action, wanted.length, result));
      selection.drop(result.done.map((item) => item.id));
      onDone(result.done);
    });
  }

  if (running) {
    return html`<div class="bulk" role="status">
      <span>${running.action.doing} ${number(running.position + 1)} of ${number(running.all)}…</span>
      <button type="button" class="quiet" onClick=${() => (running.stop.asked = true)}>Stop</button>
    </div>`;
  }
  return html`
    ${
      summary &&
      html`<div class="bulk summary" role="status">
        <span>${summary}</span><button type="button" class="quiet" onClick=${() => setSummary(null)}>Close</button>
      </div>`
    }
    ${
      chosen.length > 0 &&
      html`<div class="bulk" role="group" aria-label="Actions on what is selected">
        <b>${number(chosen.length)} selected</b>
        ${actions.map((one) => {
          const count = chosen.filter(one.applies).length;
          const name = one.verb[0].toUpperCase() + one.verb.slice(1);
          return html`<button type="button" disabled=${!count} class=${one.danger ? "danger-quiet" : ""} onClick=${() => onAsk(one.verb)}>
            ${name} ${number(count)}
          </button>`;
        })}
        <button type="button" class="quiet" onClick=${() => selection.clear()}>Clear</button>
      </div>`
    }
    ${
      action &&
      chosen.length > 0 &&
      html`<${Confirm} action=${action} chosen=${chosen} things=${things} onDo=${act} onClose=${() => onAsk("")} />`
    }
  `;
}

function Confirm({ action, chosen, things, onDo, onClose }) {
  const wanted = chosen.filter(action.applies);
  const left = chosen.length - wanted.length;
  const name = action.verb[0].toUpperCase() + action.verb.slice(1);
  return html`<${Dialog}
    title=${`${name} ${counted(wanted.length, things)}?`} action=${name} danger=${action.danger}
    reasonWanted=${action.reasonWanted} onDo=${onDo} onClose=${onClose}
  >
    ${(reason) => html`
      <p>${action.about}</p>
      <ul class="names">
        ${wanted.slice(0, LISTED).map((item) => html`<li>${item.name}</li>`)}
        ${wanted.length > LISTED && html`<li>and ${number(wanted.length - LISTED)} more</li>`}
      </ul>
      ${left > 0 && html`<p>${counted(left, things)} of the selection cannot be asked for this now, and stay selected.</p>`}
      <${CopyCommand} command=${action.command(wanted, reason)} />
    `}
  <//>`;
}
