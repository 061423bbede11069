// The checkpoints of a site plan: they are the patrols', whose part of the house may be served elsewhere.

const PLACES = "/api/monitor/patrols/places";

/** Bring the checkpoints of the plan's site; `show(thing, place)` puts one on the plan or on the list of what has no place. */
export async function openCheckpoints(plan, show) {
  const sheet = plan.parentElement;
  const answer = await fetch(`${PLACES}?site=${plan.dataset.site}`, { headers: { "X-Unattended": "1" } }).catch(() => null);
  if (!answer?.ok) {
    sheet.querySelector("[data-no-checkpoints]").hidden = false;
    return;
  }
  const pattern = sheet.querySelector("[data-checkpoint]").content.querySelector(".thing");
  for (const checkpoint of (await answer.json()).items) {
    const thing = document.importNode(pattern, true);
    const name = document.documentElement.lang.startsWith("zh") ? checkpoint.name_zh : checkpoint.name_en;
    Object.assign(thing.dataset, { thing: `checkpoint:${checkpoint.id}`, where: `${PLACES}/${checkpoint.id}`, name });
    thing.setAttribute("aria-label", name + thing.getAttribute("aria-label"));
    thing.querySelector(".name").textContent = name;
    plan.append(thing);
    show(thing, checkpoint.place);
  }
}
