// Where a version came from and what happened to it, and where each fact is written.

import { html, useEffect, useState } from "../vendor/htm-preact.js";
import { get } from "../api.js";
import { commands } from "../commands.js";
import { fleet } from "../fleet.js";
import { galleryPath, nameOf } from "../format.js";
import { useObservable } from "../live.js";
import { CopyCommand, Problem, Text, When } from "../parts.js";
import { address, go } from "../route.js";

export function Lineage({ query }) {
  const [lineage, setLineage] = useState(null);
  const [error, setError] = useState(null);
  const [text, setText] = useState(query.version ?? "");
  const version = query.version ?? "";
  useEffect(() => {
    let here = true;
    setText(version);
    setLineage(null);
    setError(null);
    if (version) {
      get("lineage", { version }).then(
        ({ data }) => here && setLineage(data),
        (failure) => here && setError(failure),
      );
    }
    return () => (here = false);
  }, [version]);
  const show = (event) => {
    event.preventDefault();
    go("lineage", "", { version: text.trim() });
  };
  return html`
    <div class="section-head"><h1>${version ? galleryPath(version) : "Lineage"}</h1>${version && html`<${CopyCommand} command=${commands.lineage(version)} />`}</div>
    <form class="filters" onSubmit=${show}>
      <label class="grow">Image version <input type="search" placeholder="/subscriptions/…/galleries/…/images/…/versions/…" value=${text} onInput=${(event) => setText(event.target.value)} /></label>
      <button type="submit">Show</button>
    </form>
    <${Problem} error=${error} />
    ${version && !lineage && !error && html`<p class="reading" role="status">Reading…</p>`}
    ${!version && html`<p class="dim">The id of a version that exists or existed; each migration links to those of its own.</p>`}
    ${lineage && html`<${Lines} lineage=${lineage} />`}
  `;
}

function Lines({ lineage }) {
  useObservable(fleet);
  const source = [...fleet.value.rows.values()].find((row) => row.image.toLowerCase() === lineage.source?.toLowerCase());
  const exists = { true: "The version is in the gallery.", false: "The version is not in the gallery any more." }[lineage.exists] ?? "Whether the version is in the gallery could not be read.";
  return html`
    <p>${exists} ${lineage.source && html`It was made from the managed image ${source ? html`<a href=${address("migrations", source.id)}>${nameOf(lineage.source)}</a>` : html`<b>${nameOf(lineage.source)}</b>`}.`}</p>
    ${lineage.missing.length > 0 && html`<div class="problem" role="status"><p class="lead">There may be more</p><ul>${lineage.missing.map((one) => html`<li><${Text} text=${one} /></li>`)}</ul></div>`}
    <ol class="lineage">
      ${lineage.lines.map(
        (line, position) => html`<li key=${position}>
          <span class="at"><${When} at=${line.at} none="no time" /></span>
          <div>
            <p><b>${line.what}</b> ${line.by && html`by ${line.by}`} <span class="place">${line.place}</span></p>
            <${Facts} details=${line.details} />
            ${line.record && html`<p class="dim"><code>${line.record}</code></p>`}
          </div>
        </li>`,
      )}
    </ol>
  `;
}

function Facts({ details }) {
  const rows = Object.entries(details).filter(([, value]) => value !== null && value !== "" && !(Array.isArray(value) && !value.length));
  if (!rows.length) return null;
  return html`<details><summary>${rows.length === 1 ? "1 fact" : `${rows.length} facts`}</summary>
    <dl class="fields">${rows.map(([name, value]) => html`<div><dt>${name.replaceAll("_", " ")}</dt><dd>${shown(value)}</dd></div>`)}</dl>
  </details>`;
}

function shown(value) {
  if (typeof value !== "object") return html`<${Text} text=${String(value)} />`;
  if (Array.isArray(value) && value.every((one) => typeof one !== "object")) return html`<${Text} text=${value.join(", ")} />`;
  return html`<pre>${JSON.stringify(value, null, 1)}</pre>`;
}
