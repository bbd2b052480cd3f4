// A list of any length: only the rows that are in sight are in the document. It scrolls with the page.

import { html, useEffect, useLayoutEffect, useRef, useState } from "./vendor/htm-preact.js";

const AROUND = 12; // rows drawn above and below
const NARROW = "(max-width: 719px)";

export function useNarrow() {
  const [narrow, change] = useState(() => matchMedia(NARROW).matches);
  useEffect(() => {
    const media = matchMedia(NARROW);
    const changed = () => change(media.matches);
    media.addEventListener("change", changed);
    return () => media.removeEventListener("change", changed);
  }, []);
  return narrow;
}

// row(item) returns the cells; heads are the names of the columns, an empty one for the checkbox.
export function Table({ label, heads, items, row, kind, height = 40, narrowHeight = 76 }) {
  const body = useRef(null);
  const wanted = useRef(null);
  const [range, setRange] = useState({ first: 0, last: 40 });
  const each = useNarrow() ? narrowHeight : height;

  function measure() {
    if (!body.current) return;
    const above = Math.max(0, -body.current.getBoundingClientRect().top);
    const first = Math.max(0, Math.floor(above / each) - AROUND);
    const last = Math.ceil((above + innerHeight) / each) + AROUND;
    setRange((now) => (now.first === first && now.last === last ? now : { first, last }));
  }

  useLayoutEffect(measure, [items.length, each]);
  useEffect(() => {
    let frame = 0;
    const moved = () => {
      cancelAnimationFrame(frame);
      frame = requestAnimationFrame(measure);
    };
    addEventListener("scroll", moved, { passive: true });
    addEventListener("resize", moved);
    return () => {
      cancelAnimationFrame(frame);
      removeEventListener("scroll", moved);
      removeEventListener("resize", moved);
    };
  }, [each]);

  // the arrow keys go from row to row, also to one that is not drawn yet
  useEffect(() => {
    if (wanted.current === null) return;
    const link = body.current.querySelector(`[aria-rowindex="${wanted.current + 2}"] a`);
    if (link) {
      link.focus({ preventScroll: true });
      wanted.current = null;
    }
  });
  function pressed(event) {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    const here = event.target.closest("[aria-rowindex]");
    if (!step || !here) return;
    const there = Number(here.getAttribute("aria-rowindex")) - 2 + step;
    if (there < 0 || there >= items.length) return;
    event.preventDefault();
    wanted.current = there;
    const top = body.current.getBoundingClientRect().top + there * each;
    if (top < 160) scrollBy(0, top - 160);
    else if (top + each > innerHeight - 80) scrollBy(0, top + each - innerHeight + 80);
    setRange((now) => ({ ...now }));
  }

  const shown = items.slice(range.first, range.last);
  return html`<div role="table" class=${`table ${kind}`} aria-label=${label} aria-rowcount=${items.length + 1}>
    <div role="rowgroup" class="heads">
      <div role="row" aria-rowindex="1">
        ${heads.map((head) => html`<div role="columnheader" key=${head.key ?? head}>${head.cell ?? head}</div>`)}
      </div>
    </div>
    <div role="rowgroup" class="rows" ref=${body} onKeyDown=${pressed} style=${{ height: `${items.length * each}px` }}>
      ${shown.map(
        (item, position) => html`<div
          role="row" class="row" key=${item.id} aria-rowindex=${range.first + position + 2}
          style=${{ height: `${each}px`, transform: `translateY(${(range.first + position) * each}px)` }}
        >${row(item)}</div>`,
      )}
    </div>
  </div>`;
}
