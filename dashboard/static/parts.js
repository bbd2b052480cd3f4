// The small parts that every view uses.

import { html, useEffect, useRef, useState } from "./vendor/htm-preact.js";
import { moment, shortIds, tone, words } from "./format.js";

export function State({ state }) {
  return html`<span class="state" data-tone=${tone(state)}><span class="mark" aria-hidden="true"></span>${words(state)}</span>`;
}

export function When({ at, none = "" }) {
  const text = moment(at);
  return text ? html`<time datetime=${at} title=${at}>${text}</time>` : none;
}

// A text from Azure: without the long beginnings of ids, which its title has.
export function Text({ text }) {
  const short = shortIds(text);
  return html`<span title=${short === text ? undefined : text}>${short}</span>`;
}

export function CopyCommand({ command, label = "Copy as command" }) {
  const [copied, show] = useState(false);
  useEffect(() => {
    const timer = copied && setTimeout(() => show(false), 2_500);
    return () => clearTimeout(timer);
  }, [copied]);
  async function copy() {
    try {
      await navigator.clipboard.writeText(command);
      show(true);
    } catch {
      // without the right to the clipboard the command can still be read and copied by hand
      prompt("The command", command);
    }
  }
  return html`<button type="button" class="quiet" title=${command} onClick=${copy}>
    <span aria-live="polite">${copied ? "Copied" : label}</span>
  </button>`;
}

export function Meter({ value, label }) {
  const percent = Math.max(0, Math.min(100, Math.round(value)));
  return html`<span class="meter" role="progressbar" aria-label=${label} aria-valuemin="0" aria-valuemax="100" aria-valuenow=${percent}>
    <span class="filled" style=${{ width: `${percent}%` }}></span>
  </span>`;
}

export function Nothing({ title, children }) {
  return html`<div class="nothing"><p class="lead">${title}</p>${children}</div>`;
}

export function Problem({ error }) {
  if (!error) return null;
  const { code, cause, fix, errors } = error.problem ?? {};
  return html`<div class="problem" role="alert">
    <p class="lead"><${Text} text=${error.message} /></p>
    ${cause && html`<p>${cause}${code && ` (${code})`}</p>`}
    ${fix && html`<p><b>Fix</b> ${fix}</p>`}
    ${errors?.length > 1 && html`<ul>${errors.map((one) => html`<li>${one.field}: ${one.message}</li>`)}</ul>`}
  </div>`;
}

export function Unreadable({ all }) {
  if (!all?.length) return null;
  return html`<details class="unreadable">
    <summary>${all.length} could not be read</summary>
    <ul>${all.map((one) => html`<li key=${one.id}><code>${one.id}</code> <${Text} text=${one.reason} /> ${one.fix ?? ""}</li>`)}</ul>
  </details>`;
}

export function Fields({ rows }) {
  const shown = rows.filter(([, value]) => value !== null && value !== undefined && value !== "");
  return html`<dl class="fields">${shown.map(([name, value]) => html`<div><dt>${name}</dt><dd>${value}</dd></div>`)}</dl>`;
}

// A dialog that says what is going to happen, asks for a reason where one is wanted, and shows why it was refused.
export function Dialog({ title, action, danger, reasonWanted, reasonLabel, onDo, onClose, children }) {
  const dialog = useRef(null);
  const [reason, setReason] = useState("");
  const [state, setState] = useState({ busy: false, error: null });
  useEffect(() => dialog.current.showModal(), []);
  async function act(event) {
    event.preventDefault();
    setState({ busy: true, error: null });
    try {
      await onDo(reason.trim());
      dialog.current?.close();
    } catch (error) {
      setState({ busy: false, error });
    }
  }
  return html`<dialog ref=${dialog} aria-labelledby="dialog-title" onClose=${onClose}>
    <form onSubmit=${act}>
      <h2 id="dialog-title">${title}</h2>
      ${typeof children === "function" ? children(reason) : children}
      ${
        reasonWanted &&
        html`<label class="block">${reasonLabel ?? "Reason"}
          <textarea required maxlength="1000" rows="3" value=${reason} onInput=${(event) => setReason(event.target.value)}></textarea>
        </label>`
      }
      <${Problem} error=${state.error} />
      <div class="actions">
        <button type="button" class="quiet" onClick=${() => dialog.current.close()}>Back</button>
        <button type="submit" class=${danger ? "danger" : "primary"} disabled=${state.busy || (reasonWanted && !reason.trim())}>
          ${state.busy ? "One moment…" : action}
        </button>
      </div>
    </form>
  </dialog>`;
}
