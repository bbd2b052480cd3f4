// The page: the navigation, the view of the present address, and the looking again.

import { html, render, useEffect, useRef, useState } from "./vendor/htm-preact.js";
import { connection, forgetWaiting } from "./api.js";
import { groupsOf } from "./attention.js";
import { fleet, lookAtFleet, promotions, readFleet, readPromotions, readRetirements, retirements } from "./fleet.js";
import { clock, number } from "./format.js";
import { repeat, useObservable } from "./live.js";
import { Problem } from "./parts.js";
import { address, useRoute } from "./route.js";
import { forgetKey, functionKey } from "./session.js";
import { Attention } from "./views/attention.js";
import { Coverage } from "./views/coverage.js";
import { Fleet } from "./views/fleet.js";
import { Lineage } from "./views/lineage.js";
import { Migration } from "./views/migration.js";
import { Promotions } from "./views/promotions.js";
import { Retirement } from "./views/retirement.js";
import { Retirements } from "./views/retirements.js";
import { SignIn } from "./views/signin.js";

const TABS = [["attention", "Needs attention"], ["fleet", "Fleet"], ["coverage", "Coverage"], ["promotions", "Promotions"], ["retirements", "Retirements"], ["lineage", "Lineage"]];
const TAB_OF = { migrations: "fleet" };
const SECOND_HALF_MILLISECONDS = 25_000;

// Reads what the page shows from the beginning; the first look at what changes follows by itself.
function readAll() {
  const reads = [readFleet(), readPromotions(), readRetirements()];
  for (const one of reads) one.catch(() => {});
}

async function look() {
  if (connection.value.signIn) return false;
  const changed = [await lookAtFleet()];
  const before = Date.now() - SECOND_HALF_MILLISECONDS;
  if (promotions.value.readAt < before) changed.push(await readPromotions());
  if (retirements.value.readAt < before) changed.push(await readRetirements());
  return changed.some(Boolean);
}

function Page() {
  const route = useRoute();
  const { signIn, failed } = useObservable(connection);
  const main = useRef(null);
  const looking = useRef(null);
  const first = useRef(true);
  useEffect(() => {
    readAll();
    looking.current = repeat(look);
    return () => looking.current.stop();
  }, []);
  useEffect(() => {
    document.title = `${TABS.find(([name]) => name === tab(route))?.[1] ?? "Gallerist"} · Gallerist`;
    // a reader of the screen hears the new view; the first one is read anyhow
    if (!first.current) {
      scrollTo(0, 0);
      main.current.focus({ preventScroll: true });
    }
    first.current = false;
  }, [route.view, route.id]);
  const signedIn = () => {
    connection.set({ signIn: null });
    forgetWaiting();
    readAll();
  };
  return html`
    <a class="skip" href="#page" onClick=${(event) => (event.preventDefault(), main.current.focus())}>Skip to the content</a>
    <header><${Navigation} route=${route} /><${Live} /></header>
    <main ref=${main} tabindex="-1" id="main" data-view=${signIn ? "sign-in" : route.view}>
      ${signIn ? html`<${SignIn} onSignedIn=${signedIn} />` : html`${failed && !fleet.value.rows.size && html`<${Problem} error=${failed} />`}<${View} route=${route} />`}
    </main>
  `;
}

const tab = (route) => TAB_OF[route.view] ?? route.view;

function View({ route }) {
  const { view, id, query } = route;
  if (view === "fleet") return html`<${Fleet} query=${query} />`;
  if (view === "migrations" && id) return html`<${Migration} id=${id} />`;
  if (view === "coverage") return html`<${Coverage} query=${query} />`;
  if (view === "promotions") return html`<${Promotions} id=${id} />`;
  if (view === "retirements") return id ? html`<${Retirement} id=${id} />` : html`<${Retirements} query=${query} />`;
  if (view === "lineage") return html`<${Lineage} query=${query} />`;
  if (view === "attention") return html`<${Attention} />`;
  return html`<h1>There is no such view</h1><p><a href=${address("attention")}>What needs attention</a></p>`;
}

function Navigation({ route }) {
  useObservable(fleet);
  const { all: allPromotions } = useObservable(promotions);
  const { all: allRetirements } = useObservable(retirements);
  const [count, setCount] = useState(0);
  const list = useRef(null);
  // on a narrow screen the list of views is wider than the screen
  useEffect(() => list.current.querySelector("[aria-current]")?.scrollIntoView({ block: "nearest", inline: "nearest" }), [route.view]);
  useEffect(() => {
    const groups = groupsOf(fleet.value.rows.values(), allPromotions, allRetirements);
    setCount(groups.reduce((sum, group) => sum + group.items.length, 0));
  }, [fleet.version, allPromotions, allRetirements]);
  return html`<nav aria-label="Views">
    <a class="brand" href=${address("attention")}>Gallerist</a>
    <ul ref=${list}>${TABS.map(
      ([name, title]) => html`<li key=${name}><a href=${address(name)} aria-current=${tab(route) === name ? "page" : undefined}>${title}${name === "attention" && count > 0 && html` <span class="badge">${number(count)}</span>`}</a></li>`,
    )}</ul>
  </nav>`;
}

function Live() {
  const { pausedUntil, failed, readAt, signIn } = useObservable(connection);
  const { reading, rows } = useObservable(fleet);
  if (signIn) return html`<div class="live"></div>`;
  const state = pausedUntil ? "paused" : failed ? "failed" : "live";
  const text = pausedUntil
    ? `asks again at ${clock(new Date(pausedUntil))}`
    : failed
      ? "the last read failed"
      : reading && rows.size
        ? `${number(rows.size)} read`
        : readAt
          ? `as of ${clock(readAt)}`
          : "reading";
  return html`<div class="live" data-state=${state}>
    <span class="pulse" aria-hidden="true"></span><span title=${failed?.message}>${text}</span>
    <button type="button" class="quiet" onClick=${readAll}>Read again</button>
    ${functionKey() && html`<button type="button" class="quiet" onClick=${() => (forgetKey(), location.reload())}>Forget the key</button>`}
  </div>`;
}

const place = document.getElementById("page");
place.replaceChildren();
render(html`<${Page} />`, place);
