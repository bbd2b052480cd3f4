// One retirement: its nine obligations with their evidence, and the decision about it.

import { html, useEffect, useState } from "../vendor/htm-preact.js";
import { get, post } from "../api.js";
import { commands } from "../commands.js";
import { readRetirements } from "../fleet.js";
import { galleryPath, nameOf } from "../format.js";
import { repeat } from "../live.js";
import { CopyCommand, Dialog, Fields, Problem, State, Text, When } from "../parts.js";
import { address } from "../route.js";
import { DECISIONS, Marks } from "./retirements.js";

export function Retirement({ id }) {
  const [retirement, setRetirement] = useState(null);
  const [error, setError] = useState(null);
  const [asked, ask] = useState(null);
  async function read() {
    try {
      const { data } = await get(`retirements/${encodeURIComponent(id)}`);
      let changed = false;
      setRetirement((before) => {
        changed = before?.updated !== data.updated;
        return data;
      });
      setError(null);
      return changed;
    } catch (failure) {
      setError(failure);
      throw failure;
    }
  }
  useEffect(() => {
    setRetirement(null);
    read().catch(() => {});
    const looking = repeat(read);
    return looking.stop;
  }, [id]);
  if (!retirement) return html`<h1>Retirement</h1>${error ? html`<${Problem} error=${error} />` : html`<p class="reading">Reading…</p>`}`;
  const name = nameOf(retirement.image);
  const decision = DECISIONS.find((one) => one.verb === asked);
  const act = async (reason) => {
    await post(`retirements/${encodeURIComponent(id)}/${asked}`, decision.body(retirement, reason));
    await read();
    readRetirements().catch(() => {});
  };
  const met = retirement.obligations.filter((one) => one.met).length;
  const { refusal, waiting_for: wait, approval } = retirement;
  return html`
    <p class="crumbs"><a href=${address("retirements")}>Retirements</a></p>
    <div class="section-head">
      <h1>${name} <${State} state=${retirement.state} /></h1>
      <div class="actions">${DECISIONS.filter((one) => one.applies(retirement)).map((one) => html`<button type="button" class=${one.danger ? "danger" : ""} onClick=${() => ask(one.verb)}>${one.verb === "approve" ? "Approve the deletion" : "Reject"}</button>`)}<${CopyCommand} command=${commands.retirement(id)} /></div>
    </div>
    <p class="dim">${met} of ${retirement.obligations.length} obligations are met <${Marks} obligations=${retirement.obligations} /></p>
    <${Problem} error=${error} />
    ${refusal && html`<article class="group" data-state="failed"><h2><${Text} text=${refusal.message} /></h2><p class="cause">${refusal.cause} <code>${refusal.code}</code></p><p class="fix"><b>Fix</b> ${refusal.fix}</p></article>`}
    ${retirement.reason && html`<p class="note"><${Text} text=${retirement.reason} /></p>`}
    ${wait && html`<article class="wait"><h2>Waits until <${When} at=${wait.until} />${wait.attempt && ` for attempt ${wait.attempt}`}</h2><p><${Text} text=${wait.reason} /></p></article>`}
    ${approval && html`<p class="note">Approved by ${approval.by}, <${When} at=${approval.at} />: ${approval.reason}</p>`}
    <section><h2>Obligations</h2>
      <ol class="obligations">${[...retirement.obligations].sort((a, b) => a.met - b.met).map((one) => html`<${Obligation} one=${one} key=${one.name} />`)}</ol>
    </section>
    <section><h2>Facts</h2>
      <${Fields} rows=${[
        ["Managed image", html`<code>${retirement.image}</code>`],
        ["Replaced by", html`${retirement.replaced_by.map((one) => html`<a key=${one} href=${address("lineage", "", { version: one })}>${galleryPath(one)}</a> `)}`],
        ["Fingerprint", html`<code>${retirement.fingerprint}</code>`],
        ["Started by", retirement.started_by],
        ["Soaks since", retirement.soak_since && html`<${When} at=${retirement.soak_since} />`],
        ["Soak ends", retirement.soak_ends && html`<${When} at=${retirement.soak_ends} />`],
        ["Stops waiting", retirement.expires && html`<${When} at=${retirement.expires} />`],
        ["Certificate", retirement.certificate && html`<code>${retirement.certificate}</code>`],
      ]} />
    </section>
    ${
      decision &&
      html`<${Dialog}
        title=${decision.verb === "approve" ? `Delete the managed image ${name}?` : `Keep the managed image ${name}?`}
        action=${decision.verb === "approve" ? "Approve the deletion" : "Reject"} danger=${decision.danger} reasonWanted onDo=${act} onClose=${() => ask(null)}
      >${(reason) => html`<p>${decision.about}</p><${CopyCommand} command=${decision.command([retirement], reason)} />`}<//>`
    }
  `;
}

// What is not met comes first, with who can change that; what is met needs a line.
function Obligation({ one }) {
  const evidence = html`<ul>${one.evidence.map((each) => html`<li><${Text} text=${each.what} />: <${Text} text=${each.answer} /> <span class="dim"><${When} at=${each.at} /></span></li>`)}</ul>`;
  const name = html`<span class="met" aria-hidden="true"></span><b>${one.name}</b> <span class="dim">${one.met ? "met" : "not met"}</span>`;
  if (one.met) return html`<li data-met="true"><details><summary>${name}</summary>${evidence}</details></li>`;
  return html`<li data-met="false">
    <p>${name}</p>
    <p><${Text} text=${one.reason} /></p>
    ${one.lifted_by && html`<p class="fix"><b>Who can lift it</b> <${Text} text=${one.lifted_by} /></p>`}
    ${one.evidence.length > 0 && html`<details><summary>Evidence</summary>${evidence}</details>`}
  </li>`;
}
