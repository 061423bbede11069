// The site plan: things are dragged, or moved by arrow keys; each place is saved at once.

import { openCheckpoints } from "./plan-checkpoints.js";
import { openSheet, placeOf } from "./plan-sheet.js";

const STEP = 0.005; // of the plan's width and height, by one arrow key; ten of them with Shift
const PAUSE = 500; // milliseconds after the last arrow key, then it is saved

const bounded = (fraction) => Math.min(1, Math.max(0, Math.round(fraction * 1e6) / 1e6));

function start(plan) {
  const page = plan.closest(".office");
  const { show, save, takeBack } = openSheet(plan, page);
  let drag = null; // { thing, from, offset }
  let keys = null; // { thing, from, timer }

  const at = (event) => {
    const point = new DOMPoint(event.clientX, event.clientY).matrixTransform(plan.getScreenCTM().inverse());
    return { x: point.x / plan.dataset.width, y: point.y / plan.dataset.height };
  };
  const isOver = (event) => {
    const box = plan.getBoundingClientRect();
    return event.clientX >= box.left && event.clientX <= box.right && event.clientY >= box.top && event.clientY <= box.bottom;
  };
  const named = (word) => plan.querySelector(`[data-thing="${CSS.escape(word)}"]`);

  page.addEventListener("pointerdown", (event) => {
    const entry = event.target.closest("[data-take]");
    const thing = entry ? named(entry.dataset.take) : event.target.closest(".thing");
    if (!thing || event.button !== 0) return;
    event.preventDefault();
    finishKeys();
    const from = placeOf(thing);
    const taken = at(event);
    drag = { thing, from, offset: from ? { x: from.x - taken.x, y: from.y - taken.y } : { x: 0, y: 0 }, entry };
    (entry ?? thing).setPointerCapture(event.pointerId);
    thing.dataset.moving = "";
  });

  page.addEventListener("pointermove", (event) => {
    if (!drag || (drag.entry && !isOver(event))) return;
    const here = at(event);
    const place = { x: bounded(here.x + drag.offset.x), y: bounded(here.y + drag.offset.y) };
    Object.assign(drag.thing.dataset, place);
    drag.thing.removeAttribute("hidden");
    drag.thing.setAttribute("transform", `translate(${place.x * plan.dataset.width} ${place.y * plan.dataset.height})`);
  });

  const drop = (event, isKept) => {
    if (!drag) return;
    const { thing, from, entry } = drag;
    drag = null;
    delete thing.dataset.moving;
    const place = isKept && (!entry || isOver(event)) ? placeOf(thing) : from;
    show(thing, place);
    if (place) thing.focus();
    save(thing, from);
  };
  page.addEventListener("pointerup", (event) => drop(event, true));
  page.addEventListener("pointercancel", (event) => drop(event, false));

  const finishKeys = () => {
    if (!keys) return;
    const { thing, from, timer } = keys;
    keys = null;
    clearTimeout(timer);
    delete thing.dataset.moving;
    save(thing, from);
  };

  page.addEventListener("keydown", (event) => {
    if (event.target.matches("input, select, textarea") || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "Escape" && drag) return drop(event, false);
    if (event.key.toLowerCase() === "u") {
      finishKeys();
      return takeBack();
    }
    const thing = event.target.closest(".thing");
    const way = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
    if (!thing || !way) return;
    event.preventDefault();
    event.stopPropagation();
    if (keys && keys.thing !== thing) finishKeys();
    const here = placeOf(thing);
    const step = event.shiftKey ? 10 * STEP : STEP;
    clearTimeout(keys?.timer);
    keys = { thing, from: keys?.from ?? here, timer: setTimeout(finishKeys, PAUSE) };
    thing.dataset.moving = "";
    show(thing, { x: bounded(here.x + way[0] * step), y: bounded(here.y + way[1] * step) });
  });
  plan.addEventListener("focusout", finishKeys);

  page.addEventListener("click", (event) => {
    if (event.target.closest("[data-undo]")) {
      finishKeys();
      takeBack();
    }
    const entry = event.target.closest("[data-take]");
    if (!entry || event.detail !== 0) return; // by the keyboard: in the middle, from where arrows move it
    const thing = named(entry.dataset.take);
    show(thing, { x: 0.5, y: 0.5 });
    thing.focus();
    save(thing, null);
  });

  openCheckpoints(plan, show);
}

const begin = () => document.querySelectorAll("[data-plan]:not([data-started])").forEach((plan) => {
  plan.dataset.started = "";
  start(plan);
});
begin();
document.addEventListener("htmx:afterSettle", begin);
