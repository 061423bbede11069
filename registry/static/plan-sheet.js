// What a site plan shows of a thing, saving its place, and taking the last move back.

export const placeOf = (thing) => (thing.dataset.x ? { x: Number(thing.dataset.x), y: Number(thing.dataset.y) } : null);

/** `show(thing, place)` puts it there or on the list of what has no place; `save(thing, before)`; `takeBack()` the last move. */
export function openSheet(plan, page) {
  const said = page.querySelector("[data-said]");
  const undo = said.querySelector("[data-undo]");
  let last = null; // { thing, before }
  let saving = Promise.resolve();

  const show = (thing, place) => {
    if (place) Object.assign(thing.dataset, place);
    else ["x", "y"].forEach((side) => delete thing.dataset[side]);
    thing.toggleAttribute("hidden", !place);
    if (place) thing.setAttribute("transform", `translate(${place.x * plan.dataset.width} ${place.y * plan.dataset.height})`);
    list(thing, !place);
    // The form for numbers says where the thing was seen: here, since this page moved it.
    const option = page.querySelector(`option[value^="${CSS.escape(thing.dataset.thing)}@"]`);
    if (option) option.value = `${thing.dataset.thing}@${place ? `${place.x.toFixed(6)},${place.y.toFixed(6)}` : ""}`;
  };

  const list = (thing, isUnplaced) => {
    const unplaced = page.querySelector("[data-unplaced]");
    const entry = unplaced.querySelector(`[data-take="${CSS.escape(thing.dataset.thing)}"]`);
    if (!isUnplaced) entry?.parentElement.remove();
    else if (!entry) {
      const button = Object.assign(document.createElement("button"), { type: "button", textContent: thing.dataset.name });
      button.dataset.take = thing.dataset.thing;
      unplaced.appendChild(document.createElement("li")).append(button);
    }
    page.querySelector("[data-all-placed]").hidden = unplaced.childElementCount > 0;
  };

  const tell = (words, thing, canUndo) => {
    said.hidden = false;
    said.dataset.tone = words === "moved" || words === "failed" ? "warn" : "good";
    said.querySelector("[data-words]").textContent = said.dataset[words].replace("{name}", thing.dataset.name);
    said.querySelector("use").setAttribute("href", `/static/registry/icons.svg#tone-${said.dataset.tone}`);
    said.querySelector("form")?.remove();
    undo.hidden = !canUndo;
  };

  const save = (thing, before, words = "saved") => {
    const place = placeOf(thing);
    if (before && place && before.x === place.x && before.y === place.y) return;
    thing.dataset.saving = "";
    saving = saving.then(async () => {
      const answer = await fetch(thing.dataset.where, {
        method: "PUT",
        headers: { "Content-Type": "application/json", "X-CSRF-Token": document.querySelector('meta[name="csrf"]').content },
        body: JSON.stringify({ place, was: before }),
      }).catch(() => null);
      delete thing.dataset.saving;
      if (answer?.ok) {
        last = words === "saved" ? { thing, before } : null;
        tell(words, thing, last !== null);
        return;
      }
      last = null;
      show(thing, answer?.status === 409 ? (await answer.json()).place : before);
      tell(answer?.status === 409 ? "moved" : "failed", thing, false);
    });
  };

  // What is still being saved is the last move too.
  const takeBack = () => saving.then(() => {
    if (!last) return;
    const { thing, before } = last;
    last = null;
    const now = placeOf(thing);
    show(thing, before);
    save(thing, now, "back");
  });

  return { show, save, takeBack };
}
